// node test/bench/scheduler/thrash.mjs [--quick] [--histories 100000] [--from 1] [--out FILE.json]
// Looks for preemption loops: random crowded clusters, wrong guesses of run times, evictions as easy as can be. No two jobs
// may evict each other twice, for shorter work one of two the other but once, and whoever others were evicted for must start at the instant at which they
// are gone.
import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { defaultPolicy } from '@novabrain/scheduler'
import { corePolicy, noisy, randomTrace, simulate, watchEvictions, withoutWords } from '@novabrain/scheduler/simulator'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    histories: { type: 'string' },
    from: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
})
const preemption = {
  ...defaultPolicy.preemption,
  minimumRunMs: 0,
  shorterWork: 'any',
  benefitPermille: 1000,
  restartCostMs: 0,
}
/** Exchanges for shorter work count time in one half of the histories and work in the other; in two thirds of them who is past its age bound ends others. */
const policyOf = (seed) => ({
  ...withoutWords(defaultPolicy),
  preemption: { ...preemption, exchange: seed % 2 === 0 ? 'work' : 'time', aged: seed % 3 === 0 ? 'never' : 'any' },
})
const [first, histories] = [Number(values.from), Number(values.histories ?? (values.quick ? 2000 : 100_000))]

const begin = performance.now()
let evictions = 0
const faults = []
for (let seed = first; seed < first + histories; seed += 1) {
  const { trace, costs } = randomTrace(seed)
  const watch = watchEvictions(corePolicy({ name: 'NovaBrain', policy: policyOf(seed), oracle: noisy(1, seed) }))
  simulate(trace, watch.maker, { costs })
  evictions += watch.count()
  faults.push(...watch.faults().map((fault) => ({ seed, ...fault })))
}
const seconds = (performance.now() - begin) / 1000
const rows = [{ trace: 'random', policy: 'NovaBrain', histories, evictions, faults: faults.length, seconds }]
const notes = [
  'Evictions for importance, for quota taken back, for shorter work and for who came first, all counted together.',
]
const thousands = (value) => value.toLocaleString('en-US')
console.log(
  `Random crowded clusters with wrong guesses of run times and evictions as easy as can be: no minimum run time, no cost of a restart; for importance, for quota taken back, for shorter work and, past the age bound, for who came first. No two jobs may evict each other twice, for the last two reasons one of two the other but once, and whoever others were evicted for must start as soon as they are gone.

| histories | evictions | faults |
| --: | --: | --: |
| ${thousands(histories)} | ${thousands(evictions)} | ${thousands(faults.length)} |`,
)
if (faults.length > 0) console.log('')
for (const fault of faults.slice(0, 10)) console.log(`- seed ${fault.seed}: ${fault.kind}, ${fault.detail}`)
if (values.out !== undefined)
  writeFileSync(
    values.out,
    JSON.stringify({ name: 'thrash', protocol: 'random histories', rows, published: [], notes, faults }, null, 1),
  )
process.exitCode = faults.length === 0 ? 0 : 1
