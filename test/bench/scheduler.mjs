// npm run bench:scheduler [-- --quick], or node test/bench/scheduler.mjs [--quick] [--only NAME,…] [--out FOLDER]
// Everything that is measured of the scheduler, a part after another, each in a process of its own, with its progress on
// the standard error. The tables go into docs/scheduling.md and its Chinese twin, each between the marks of its part; the
// quick form only prints them. Figures as JSON go to the folder of --out. Exits with 1 when a part failed.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/lib/places.mjs'
import { writeIntoPages } from './support/pages.mjs'

const parts = ['placement', 'order', 'thrash', 'memory', 'sharing', 'elastic', 'scale', 'server', 'backlog']
const pages = ['docs/scheduling.md', 'docs/scheduling.zh-CN.md']

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'test/artifacts/scheduler') },
  },
})
const chosen = values.only?.split(',') ?? parts
const unknown = chosen.filter((name) => !parts.includes(name))
if (unknown.length > 0) {
  console.error(`Not a part: ${unknown.join(', ')}. There are ${parts.join(', ')}.`)
  process.exit(2)
}
mkdirSync(values.out, { recursive: true })

/** Runs a part; gives what it printed, or `null` when it failed. */
const measure = (name) =>
  new Promise((resolve) => {
    const script = path.join(import.meta.dirname, 'scheduler', `${name}.mjs`)
    const options = [...(values.quick ? ['--quick'] : []), '--out', path.join(values.out, `${name}.json`)]
    const child = spawn(process.execPath, [script, ...options], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (chunk) => (printed += chunk))
    child.once('exit', (code) => resolve(code === 0 ? printed.trim() : null))
  })

const broken = []
for (const name of chosen) {
  const begun = performance.now()
  const tables = await measure(name)
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
  console.log(`\n# ${name} (${minutes} min)\n\n${tables ?? 'failed'}`)
  if (tables === null) broken.push(name)
  // Under the headings of the page.
  else if (!values.quick) await writeIntoPages(pages, name, tables.replaceAll(/^### /gm, '#### '))
}
if (broken.length > 0) console.error(`\nFailed: ${broken.join(', ')}`)
process.exit(broken.length > 0 ? 1 : 0)
