// node test/bench/scheduler/order.mjs [--quick] [--out FILE.json] [--from FILE.json,…] [--only TRACE,…] [--seeds 3] [--workers 2]
// Order over time beside published and well-known policies: four virtual clusters of Philly (Jeon et al., ATC'19) and the
// traces of Muri (Zhao et al., SIGCOMM'22). The very scheduler of the server decides. Traces are looked for in
// NOVABRAIN_TRACES, else in ../shared/traces beside the repository: philly/jobs.csv and muri/*.csv.
// Markdown goes to the standard output, every row to the file of --out. Simulations that a file of --from holds, made by the
// very same scheduler, are not run again: all figures but the seconds are the same each time. With --workers 0 only those are told.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { calibrate } from '@novabrain/scheduler'
import { phillyClusters, readCsv, readPhilly } from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    from: { type: 'string' },
    only: { type: 'string' },
    seeds: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
})

const folder = process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces')
if (!existsSync(path.join(folder, 'philly', 'jobs.csv')) || !existsSync(path.join(folder, 'muri', 'trace1.csv'))) {
  console.error(
    `There are no traces in ${folder}. NOVABRAIN_TRACES names the folder that has philly/jobs.csv and muri/.`,
  )
  process.exit(2)
}

/** A simulation of the largest cluster takes longer than one of each other trace together: it has one seed. */
const large = '6214e9'
const many = Number(values.seeds ?? (values.quick ? 1 : 3))
const seedsOf = (trace, oracle) => (oracle.startsWith('σ') && trace !== large ? many : 1)
const wanted = (trace) => values.only === undefined || values.only.split(',').includes(trace)
const philly = (values.quick ? ['7f04ca', '2869ce'] : [large, 'b436b2', '7f04ca', '2869ce']).filter(wanted)
const muri = (values.quick ? ['trace3'] : ['trace3', 'trace1']).filter(wanted)
const letters = values.quick ? muri : muri.flatMap((trace) => [trace, `${trace}_pr`])

const baselines = ['FIFO', 'EASY', 'SJF', '2D-LAS', 'Themis', 'SRSF']
const knows = { FIFO: 'nothing', '2D-LAS': 'nothing' }
const oracles = ['exact', 'σ = 0.5', 'σ = 1', 'history']
const bounded = ['balanced', 'bounded', 'default'].flatMap((policy) =>
  ['σ = 1', 'history'].map((oracle) => ({ policy, oracle })),
)
/** Those that look at run times, told no more than ours. */
const told = [
  ...['EASY', 'SJF', 'Themis', 'SRSF'].map((policy) => ({ policy, oracle: 'history' })),
  ...['σ = 0.5', 'σ = 1'].map((oracle) => ({ policy: 'SRSF', oracle })),
]
const ours = [...oracles.map((oracle) => ({ policy: 'shortest', oracle })), ...bounded]

const seeded = (protocol, trace, { policy, oracle }) =>
  Array.from({ length: seedsOf(trace, oracle) }, (_, at) => ({ protocol, trace, policy, oracle, seed: at + 1 }))
/** Themis orders all who wait anew every few minutes: on the largest cluster that takes longer than all the rest. */
const takesLong = (trace, policy) => policy === 'Themis' && trace === large
const lives = (protocol, trace) => [
  ...baselines
    .filter((policy) => !takesLong(trace, policy))
    .map((policy) => ({ protocol, trace, policy, oracle: null, seed: 1 })),
  ...told.filter(({ policy }) => !takesLong(trace, policy)).flatMap((one) => seeded(protocol, trace, one)),
  ...ours.flatMap((one) => seeded(protocol, trace, one)),
]
// Longest first, so that no worker is left alone with one at the end.
const tasks = [
  ...philly.map((trace) => ({ protocol: 'estimates', trace, policy: 'default', oracle: 'history', seed: 1 })),
  ...philly.flatMap((trace) => lives('engine', trace)),
  ...muri.flatMap((trace) => lives('engine', trace)),
  ...muri.flatMap((trace) =>
    oracles
      .filter((oracle) => !oracle.startsWith('σ'))
      .map((oracle) => ({ protocol: 'at every event', trace, policy: 'shortest', oracle, seed: 1 })),
  ),
  ...letters.flatMap((trace) =>
    ['SRTF', 'SRSF', 'Tiresias-L'].map((policy) => ({
      protocol: 'to the letter',
      trace,
      policy,
      oracle: null,
      seed: 1,
    })),
  ),
]

/** What decides the figures: a row of an earlier run counts only if it was made by the same. */
const code = createHash('sha256')
const dist = path.join(root, 'scheduler', 'dist')
const sources = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js'))
for (const name of sources.sort()) code.update(`${name}\n${readFileSync(path.join(dist, name), 'utf8')}`)
const madeBy = code.digest('hex')

const earlier = (values.from?.split(',') ?? [])
  .map((name) => JSON.parse(readFileSync(name, 'utf8')))
  .filter((run) => run.madeBy === madeBy)
const keyOf = ({ protocol, trace, policy, oracle, seed }) => JSON.stringify([protocol, trace, policy, oracle, seed])
const known = new Map(earlier.flatMap((run) => run.rows).map((row) => [keyOf(row), row]))
const isKnown = (task) => known.has(keyOf(task))

const begun = performance.now()
const rows = tasks.filter(isKnown).map((task) => known.get(keyOf(task)))
const spentBefore = earlier.reduce((sum, run) => sum + run.cpuSeconds, 0)
const cpuSeconds = () => spentBefore + (process.cpuUsage().user + process.cpuUsage().system) / 1e6
const save = (more = {}) => {
  if (values.out === undefined) return
  const whole = { name: 'order', madeBy, cpuSeconds: cpuSeconds(), rows, ...more }
  writeFileSync(values.out, `${JSON.stringify(whole, null, 1)}\n`)
}
const tell = (row) => {
  const oracle = row.oracle === null ? '' : ` ${row.oracle} #${row.seed}`
  const mean = row.meanJctS === undefined ? '' : `: mean ${Math.round(row.meanJctS)} s`
  const passed = ((performance.now() - begun) / 1000).toFixed(0)
  console.error(
    `${rows.length}/${tasks.length} after ${passed} s: ${row.protocol} ${row.trace} ${row.policy}${oracle}${mean} (${row.seconds.toFixed(1)} s)`,
  )
}

/** One worker takes task after task until there are no more. */
const work = (queue) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('order-worker.mjs', import.meta.url), { workerData: { folder } })
    const next = () => {
      const task = queue.shift()
      if (task === undefined) void worker.terminate().then(resolve)
      else worker.postMessage(task)
    }
    worker.on('error', reject)
    worker.on('message', (row) => {
      rows.push(row)
      tell(row)
      save()
      next()
    })
    next()
  })

const open = tasks.filter((task) => !isKnown(task))
await Promise.all(Array.from({ length: Number(values.workers) }, () => work(open)))

const recordedText = readFileSync(path.join(folder, 'muri', 'recorded_results.csv'), 'utf8')
const published = readCsv(recordedText, ['trace', 'policy', 'metric', 'value'])
  .filter((row) => row.text('metric') === 'avg_jct_s')
  .map((row) => ({ trace: row.text('trace'), policy: row.text('policy'), meanJctS: row.number('value') }))

const thousands = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '')
const percent = (value) => (Number.isFinite(value) ? `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)} %` : '')
const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length
const spread = (numbers) => Math.sqrt(mean(numbers.map((value) => (value - mean(numbers)) ** 2)))

const rowsOf = (protocol, trace, policy, oracle) =>
  rows.filter(
    (row) => row.protocol === protocol && row.trace === trace && row.policy === policy && row.oracle === oracle,
  )
const figuresOf = (protocol, trace, policy, oracle, figure) =>
  rowsOf(protocol, trace, policy, oracle).map((row) => row[figure])
const meanOf = (...of) => mean(figuresOf(...of, 'meanJctS'))
const cell = (figure, protocol, trace, policy, oracle) => {
  const numbers = figuresOf(protocol, trace, policy, oracle, figure)
  if (numbers.length === 0) return ''
  return `${thousands(mean(numbers))}${numbers.length > 1 ? ` ± ${thousands(spread(numbers))}` : ''}`
}

const table = (title, text, head, body) =>
  console.log(
    `\n### ${title}\n\n${text === '' ? '' : `${text}\n\n`}${[
      head,
      head.map((_, at) => (at === 0 ? '---' : '--:')),
      ...body,
    ]
      .map((line) => `| ${line.join(' | ')} |`)
      .join('\n')}`,
  )

const lines = (figure, traces) => [
  ...baselines.map((policy) => [
    policy,
    knows[policy] ?? 'exact',
    ...traces.map((trace) => cell(figure, 'engine', trace, policy, null)),
  ]),
  ...told.map(({ policy, oracle }) => [
    policy,
    oracle,
    ...traces.map((trace) => cell(figure, 'engine', trace, policy, oracle)),
  ]),
  ...[...oracles.map((oracle) => ({ policy: 'shortest', oracle })), { policy: 'balanced', oracle: 'history' }].map(
    ({ policy, oracle }) => [
      `NovaBrain \`${policy}\``,
      oracle,
      ...traces.map((trace) => cell(figure, 'engine', trace, policy, oracle)),
    ],
  ),
]
const traces = [...philly, ...muri]
const named = (trace) => (muri.includes(trace) ? `Muri ${trace}` : trace)
const head = ['policy', 'knows', ...traces.map(named)]

console.log(machineLine())
console.log(
  `${rows.length} simulations, ${(cpuSeconds() / 60).toFixed(1)} min of CPU; ${many} seeds of each σ, one on ${large}: mean ± standard deviation.`,
)
table(
  'Mean completion, s',
  'Four virtual clusters of Philly, October and November 2017 on 8-GPU nodes, where coming back after an interruption costs 7, 30 or 60 s; and traces 1 and 3 of Muri on 64 GPUs, where a start costs 4 to 46 s by model. Ours serves as the presets `shortest` and `balanced` say. “Exact” knows every run time; “σ” is a log-normal error, half more when outlived; “history” learns from the jobs that ended before, of which these traces tell nothing but the number of GPUs; once an hour it is asked anew of all who wait and run. FIFO, EASY and SJF interrupt nobody and let nobody pass a blocked head but EASY; Themis is its order by finish-time fairness with leases of 20 minutes, not run on 6214e9, where it takes too long; equal ranks go by submission.',
  head,
  lines('meanJctS', traces),
)
table('The 99th percentile of completion, s', 'The entry ⌊0.99 n⌋ of the sorted list.', head, lines('p99JctS', traces))
table(
  'What the age bound costs',
  'The presets differ in how long a job may wait before it goes first: two weeks at most in `default`, a year in `shortest` and `balanced`, but two weeks for jobs of several GPUs in the latter, two days in `bounded`, where it then also ends those that came later; `shortest` and `bounded` count width with α = 1, the others with 0.75. Mean / p99 of completion, s.',
  head,
  [
    { policy: '2D-LAS', oracle: null },
    { policy: 'EASY', oracle: null },
    ...ours.filter(({ oracle }) => oracle === 'σ = 1' || oracle === 'history'),
  ].map(({ policy, oracle }) => [
    oracle === null ? policy : `NovaBrain \`${policy}\``,
    oracle ?? knows[policy] ?? 'exact',
    ...traces.map((trace) =>
      ['meanJctS', 'p99JctS']
        .map((figure) => thousands(mean(figuresOf('engine', trace, policy, oracle, figure))))
        .filter((text) => text !== '')
        .join(' / '),
    ),
  ]),
)
if (muri.length > 0) {
  table(
    "Muri's protocol, mean completion, s",
    'At every arrival and end everybody is placed anew and pays the start cost of its model. SRTF, SRSF and Tiresias-L here beside their published figures; ours pays the same at every event, and moves nobody who goes on.',
    ['policy', 'knows', ...letters, ...letters.map((trace) => `${trace} as published`)],
    [
      ...['SRTF', 'SRSF', 'Tiresias-L', 'Themis', 'AntMan'].map((policy) => [
        policy,
        policy === 'Tiresias-L' || policy === 'AntMan' ? 'nothing' : 'exact',
        ...letters.map((trace) => cell('meanJctS', 'to the letter', trace, policy, null)),
        ...letters.map((trace) =>
          thousands(
            published.find((row) => row.trace === trace && row.policy.toLowerCase() === policy.toLowerCase())?.meanJctS,
          ),
        ),
      ]),
      ...['exact', 'history'].map((oracle) => [
        'NovaBrain',
        oracle,
        ...letters.map((trace) => cell('meanJctS', 'at every event', trace, 'shortest', oracle)),
        ...letters.map(() => ''),
      ]),
    ],
  )
}

const behind = (trace, oracle, theirs = null) =>
  meanOf('engine', trace, 'shortest', oracle) / meanOf('engine', trace, 'SRSF', theirs) - 1
/** What a policy is told when it knows no more than history does. */
const noMoreThanHistory = (policy) => (knows[policy] === 'nothing' ? null : 'history')
const better = (preset, trace, oracleFor) =>
  baselines.filter(
    (policy) => meanOf('engine', trace, policy, oracleFor(policy)) < meanOf('engine', trace, preset, 'history'),
  )
const betterRow = (preset, told, oracleFor) => [
  `mean better than that of \`${preset}\` with history, told ${told}`,
  ...traces.map((trace) =>
    rowsOf('engine', trace, preset, 'history').length === 0
      ? ''
      : better(preset, trace, oracleFor).join(', ') || 'none',
  ),
]
const tail = (trace, policy, oracle) =>
  mean(figuresOf('engine', trace, policy, oracle, 'p99JctS')) /
    mean(figuresOf('engine', trace, '2D-LAS', null, 'p99JctS')) -
  1
table(
  'Against what was wanted',
  'Wanted: σ = 0.5 within 15 % of SRSF that knows exact run times and σ = 1 within 25 %; with history alone a mean below FIFO, EASY, SJF, 2D-LAS and Themis; p99 no worse than that of 2D-LAS. Whoever is compared with is told exact run times, or no more than ours; SRSF is named with the others though it was not among those to beat with history.',
  ['', ...traces.map(named)],
  [
    ...['exact', 'σ = 0.5', 'σ = 1'].map((oracle) => [
      `mean of \`shortest\` with ${oracle} against SRSF`,
      ...traces.map((trace) => percent(behind(trace, oracle))),
    ]),
    ...['σ = 0.5', 'σ = 1', 'history'].map((oracle) => [
      `mean of \`shortest\` with ${oracle} against SRSF that knows as much`,
      ...traces.map((trace) => percent(behind(trace, oracle, oracle))),
    ]),
    ...['shortest', 'balanced'].flatMap((preset) => [
      betterRow(preset, 'exact run times', () => null),
      betterRow(preset, 'no more', noMoreThanHistory),
    ]),
    ...ours
      .filter(({ oracle }) => oracle === 'history')
      .map(({ policy }) => [
        `p99 of \`${policy}\` with history against 2D-LAS`,
        ...traces.map((trace) => percent(tail(trace, policy, 'history'))),
      ]),
    ...['balanced', 'bounded'].map((preset) => [
      `mean of \`${preset}\` with history against \`shortest\``,
      ...traces.map((trace) =>
        percent(meanOf('engine', trace, preset, 'history') / meanOf('engine', trace, 'shortest', 'history') - 1),
      ),
    ]),
  ],
)

/** How good foresight is when only the number of GPUs is known, each job learnt as if it had run the moment it came. */
const jobsText = readFileSync(path.join(folder, 'philly', 'jobs.csv'), 'utf8')
const calibration = phillyClusters
  .filter(({ vc }) => philly.includes(vc))
  .map((cluster) => {
    const { jobs } = readPhilly(jobsText, cluster)
    return { trace: cluster.vc, ...calibrate(jobs.map((job) => ({ ...job, endMs: job.submitMs + job.runMs }))) }
  })
if (calibration.length > 0)
  table(
    'How well history foresees run times',
    'The part of the jobs that ended within what was foreseen, where the number of GPUs is all that is known, and the standard deviation of ln(run time ÷ foreseen).',
    ['', ...calibration.map(({ trace }) => trace)],
    [
      ['within the median (0.50 is perfect)', ...calibration.map((one) => one.withinLikely.toFixed(2))],
      ['within the 90th percentile (0.90)', ...calibration.map((one) => one.withinCautious.toFixed(2))],
      ['σ of the error', ...calibration.map((one) => one.logError.toFixed(2))],
    ],
  )

const span = (ms) => (ms >= 3_600_000 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`)
const horizon = ({ fromMs, toMs }) => {
  if (toMs !== null) return fromMs === 0 ? `up to ${span(toMs)}` : `${span(fromMs)} to ${span(toMs)}`
  return fromMs === 0 ? 'all' : `more than ${span(fromMs)}`
}
const isAll = ({ fromMs, toMs }) => fromMs === 0 && toMs === null
/** A figure; in the line of all askings also that of the forecast alone. */
const besideAll = (one, uncorrected, figure) =>
  isAll(one) ? `${figure(one)} (${figure(uncorrected.find(isAll))})` : figure(one)
const estimates = rows.filter(({ protocol }) => protocol === 'estimates')
if (estimates.length > 0)
  table(
    'How well the start is foretold',
    'Once an hour of the trace everybody who waits is told an estimated start, as `novabrain why` and the queue page tell it: preset `default`, run times from history. By how long a wait was foretold: the part that started by the likely moment (0.50 is perfect) and by the far end of the range (0.90), the median of the error, in minutes and as a part of the foretold wait, and the median of how far away the far end was, as a part of how long it took. In brackets: of the forecast alone, before it is corrected by how earlier ones went. “Not told”: the part of the askings that had no answer.',
    [
      'trace',
      'foretold wait',
      'askings',
      'not told',
      'by the likely moment',
      'by the far end',
      'error, min',
      'relative',
      'far end ÷ wait',
    ],
    estimates.flatMap(({ trace, errors, uncorrected, untold }) =>
      errors
        .filter(({ count }) => count > 0)
        .map((one) => [
          trace,
          horizon(one),
          thousands(one.count),
          isAll(one) ? percent(untold / (untold + one.count)).slice(1) : '',
          besideAll(one, uncorrected, ({ byP50 }) => byP50.toFixed(2)),
          besideAll(one, uncorrected, ({ byP90 }) => byP90.toFixed(2)),
          besideAll(one, uncorrected, ({ medianErrorMs }) => thousands(medianErrorMs / 60_000)),
          besideAll(one, uncorrected, ({ medianRelativeError }) => medianRelativeError.toFixed(2)),
          besideAll(one, uncorrected, ({ medianReach }) => medianReach.toFixed(1)),
        ]),
    ),
  )

save({ published, calibration })
