// node test/bench/scheduler/memory.mjs [--quick] [--out FILE.json]
// Fault injection for the memory of shared GPUs: jobs with known, unknown, growing and lying use of memory on devices
// whose memory really runs out. The scheduler of the server places them; what they ask of it is the regime. Markdown goes
// to the standard output, every run to the file of --out.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { defaultPolicy } from '@novabrain/scheduler'
import {
  asAsked,
  equalNodes,
  exclusive,
  memoryWorkload,
  noCheck,
  predicted,
  simulateMemory,
  staticFractions,
  withoutWords,
} from '@novabrain/scheduler/simulator'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } } })

const deviceMib = 81_920
const policy = withoutWords(defaultPolicy)
const plan = values.quick
  ? { nodes: 1, jobs: 150, seeds: [1], loads: [1500] }
  : { nodes: 2, jobs: 400, seeds: [1, 2, 3], loads: [900, 1500] }
const nodes = equalNodes(plan.nodes, 8).map((node) => ({
  ...node,
  devices: node.devices.map((device) => ({ ...device, memoryMib: deviceMib })),
}))
const devices = nodes.length * 8
const regimes = [
  exclusive,
  staticFractions,
  noCheck,
  asAsked,
  predicted({ name: 'NovaBrain, advisory', held: false, policy }),
  predicted({ name: 'NovaBrain, held', held: true, policy }),
  predicted({ name: 'NovaBrain, held, again on 1.5 ×', held: true, policy, again: 'more' }),
  predicted({ name: 'NovaBrain, held, again on 1.5 ×, then alone', held: true, policy, again: 'more_then_alone' }),
  predicted({ name: 'NovaBrain, held, unknown as asked', held: true, policy, unknown: 'asked' }),
]

const rows = plan.loads.flatMap((loadPermille) =>
  regimes.flatMap((regime) =>
    plan.seeds.map((seed) => {
      const jobs = memoryWorkload({ jobs: plan.jobs, seed, devices, deviceMib, loadPermille })
      return { loadPermille, regime: regime.name, seed, ...simulateMemory(jobs, regime, { nodes, policy }) }
    }),
  ),
)

const mean = (list, of) => list.reduce((sum, row) => sum + of(row), 0) / list.length
const thousand = (list, of) => mean(list, (row) => (1000 * of(row)) / row.jobs)
const summary = plan.loads.flatMap((loadPermille) =>
  regimes.map(({ name }) => {
    const own = rows.filter((row) => row.regime === name && row.loadPermille === loadPermille)
    return {
      loadPermille,
      regime: name,
      killsPerThousand: thousand(own, ({ kills }) => kills),
      innocentPerThousand: thousand(own, ({ innocentKills }) => innocentKills),
      failedPerThousand: thousand(own, ({ failed }) => failed),
      lostPercent: mean(own, ({ lostPermille }) => lostPermille / 10),
      utilisationPercent: mean(own, ({ utilisationPermille }) => utilisationPermille / 10),
      jobsPerDevice: mean(own, ({ jobsPerDeviceHundredths }) => jobsPerDeviceHundredths / 100),
      meanCompletionS: mean(own, ({ meanCompletionS }) => meanCompletionS),
      p99CompletionS: mean(own, ({ p99CompletionS }) => p99CompletionS),
    }
  }),
)

const protocol =
  `${plan.jobs} jobs a run on ${devices} GPUs of 80 GiB, ${plan.seeds.length} seed(s); 55 % known, 15 % unknown, 15 % growing, 10 % that ask a ` +
  `quarter of what they take, 5 % that take 1.5 to 3 times what their like take; each can use 20 to 50 % of a GPU's computing. ` +
  `A process that asks for memory that is not there dies and is tried once more alone, where the regime says nothing else; its work is lost.`
const notes = [
  'killed innocent: it took no more than it was let in with, or asked; another had taken the memory',
  'load: GPUs wanted if every job had one of its own ÷ GPUs',
  'utilisation: computing of jobs that ended well ÷ GPU time up to the last end',
  'held: the runner ends a process that takes more than its share; the interference of jobs below 100 % computing is not modelled',
]

const figure = (value, digits) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const lines = [
  '#### Memory of shared GPUs: fault injection',
  '',
  protocol,
  '',
  '| load | regime | OOM kills per 1,000 | of them innocent | failed | work lost % | utilisation % | jobs a GPU | mean completion s | p99 s |',
  '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...summary.map((row) =>
    [
      '',
      figure(row.loadPermille / 1000, 1),
      row.regime,
      figure(row.killsPerThousand, 1),
      figure(row.innocentPerThousand, 1),
      figure(row.failedPerThousand, 1),
      figure(row.lostPercent, 1),
      figure(row.utilisationPercent, 1),
      figure(row.jobsPerDevice, 2),
      figure(row.meanCompletionS, 0),
      figure(row.p99CompletionS, 0),
      '',
    ]
      .join(' | ')
      .trim(),
  ),
  '',
  ...notes.map((note) => `- ${note}`),
  '',
  machineLine(),
]
console.log(lines.join('\n'))
if (values.out !== undefined)
  writeFileSync(
    values.out,
    `${JSON.stringify({ name: 'memory', protocol, rows: summary, published: [], notes, runs: rows }, null, 2)}\n`,
  )
