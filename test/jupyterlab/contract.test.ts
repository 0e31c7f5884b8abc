import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { commandIds } from '../../extensions/jupyterlab/src/commands/ids.js'

const folder = path.join(__dirname, '../../extensions/jupyterlab')
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8')
const sources = readdirSync(path.join(folder, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(path.join('src', name)))
const schema = JSON.parse(read('schema/plugin.json')) as {
  title: string
  description: string
  properties: Record<string, { title: string; description: string }>
  'jupyter.lab.shortcuts': { command: string; keys: string[] }[]
  'jupyter.lab.toolbars': { Notebook: { name: string; command?: string; rank: number }[] }
}
const chinese = JSON.parse(read('locale/zh_CN.json')) as Record<string, string | string[]>

test('there are at most 20 commands and 8 settings', () => {
  expect(Object.keys(commandIds).length).toBeLessThanOrEqual(20)
  expect(Object.keys(schema.properties).length).toBeLessThanOrEqual(8)
})

test('every command declares its arguments', () => {
  const table = read('src/commands/table.ts')
  for (const name of Object.keys(commandIds)) {
    const begin = table.indexOf(`[commandIds.${name}]:`)
    expect(begin).toBeGreaterThan(0)
    expect(table.slice(begin, table.indexOf('execute', begin))).toContain('describedBy:')
  }
})

test('Run on GPU is in the toolbar before the cell type, and on one key wherever code is written', () => {
  expect(schema['jupyter.lab.toolbars'].Notebook).toContainEqual({
    name: 'novabrain-run',
    command: commandIds.submit,
    rank: 35,
  })
  expect(schema['jupyter.lab.shortcuts'].map(({ keys }) => keys)).toEqual([['Accel Alt Enter'], ['Accel Alt Enter']])
})

test('every sentence of the frame is in Chinese too, with the same places for data', () => {
  const texts = [
    ...sources.flatMap((source) => [...source.matchAll(/\.(?:__|_n)\(\s*'([^']*)'/g)].map((match) => match[1] ?? '')),
    schema.description,
    ...Object.values(schema.properties).flatMap(({ title, description }) => [title, description]),
  ]
  expect(texts.length).toBeGreaterThan(50)
  const places = (text: string) => [...text.matchAll(/%\d/g)].map(String).sort()
  for (const text of texts) {
    const translation = [chinese[text] ?? ''].flat()[0] ?? ''
    expect({ text, translated: translation !== '' }).toEqual({ text, translated: true })
    expect(places(translation)).toEqual(places(text))
  }
})

test('the frame is loaded without the contracts and the elements: those come when first used', () => {
  const eager = new Set<string>()
  const follow = (file: string) => {
    if (eager.has(file)) return
    eager.add(file)
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?!type)[^;]*?from '([^']+)'/gm,
    )) {
      expect({ file: path.relative(folder, file), from }).not.toEqual(
        expect.objectContaining({ from: expect.stringMatching(/^@novabrain\//) }),
      )
      if (from.startsWith('.')) follow(path.join(path.dirname(file), from.replace(/\.js$/, '.ts')))
    }
  }
  follow(path.join(folder, 'src/index.ts'))
  expect(eager.size).toBeGreaterThan(10)
})
