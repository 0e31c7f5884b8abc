// node test/bench/scheduler/sharing.mjs [--quick] [--out FILE.json]
// Sharing by the stages of an iteration beside Muri (Zhao et al., SIGCOMM'22), under its protocol to the letter. Traces are
// looked for in NOVABRAIN_TRACES, else in ../shared/traces beside the repository: muri/*.csv. Markdown goes to the standard
// output, every row to the file of --out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { muriSharing, muriSrsf, openRandom, readCsv, readMuri, simulateMuri } from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } } })

const folder = path.join(process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces'), 'muri')
if (!existsSync(path.join(folder, 'trace1.csv'))) {
  console.error(`There are no traces in ${folder}. NOVABRAIN_TRACES names the folder that has muri/trace1.csv.`)
  process.exit(2)
}
const read = (name) => readFileSync(path.join(folder, name), 'utf8')

/** Remaining times with a log-normal error, drawn once a job; doubled when outlived. */
const believed = (jobs, sigma, seed) => {
  const random = openRandom(seed)
  const factors = new Map(jobs.map(({ id }) => [id, Math.exp(sigma * random.normal())]))
  return (job) => {
    const doneS = (job.iterations - job.left) * job.iterationS
    let wholeS = Math.max(1e-3, job.iterations * job.iterationS * (factors.get(job.id) ?? 1))
    while (wholeS <= doneS) wholeS *= 2
    return wholeS - doneS
  }
}

const policiesFor = (jobs) => [
  ['SRSF, no sharing', 'exact', muriSrsf],
  ['NovaBrain sharing', 'exact', muriSharing({ name: 'sharing', widthQuarters: 3 })],
  ...(values.quick
    ? []
    : [
        ['NovaBrain sharing, α ½', 'exact', muriSharing({ name: 'sharing', widthQuarters: 2 })],
        ...[0.5, 1].map((sigma) => [
          'NovaBrain sharing',
          `σ=${sigma}`,
          muriSharing({ name: 'sharing', widthQuarters: 3, remainingS: believed(jobs, sigma, 1) }),
        ]),
      ]),
]

const published = readCsv(read('recorded_results.csv'), ['trace', 'policy', 'metric', 'value'])
  .filter((row) => row.text('metric') === 'avg_jct_s')
  .map((row) => ({ trace: row.text('trace'), policy: row.text('policy'), meanJctS: row.number('value') }))
const muriS = (trace) => published.find((row) => row.trace === trace && row.policy === 'Muri-S')?.meanJctS

const rows = (values.quick ? ['trace3'] : ['trace1', 'trace3']).flatMap((trace) => {
  const jobs = readMuri(read(`${trace}.csv`))
  return policiesFor(jobs).map(([policy, knows, maker]) => {
    const begin = performance.now()
    const figures = simulateMuri(jobs, maker)
    const seconds = (performance.now() - begin) / 1000
    console.error(`${trace} ${policy} ${knows}: mean ${Math.round(figures.meanJctS)} s (${seconds.toFixed(1)} s)`)
    return { trace, policy, knows, ...figures, toMuriS: figures.meanJctS / (muriS(trace) ?? Number.NaN) - 1, seconds }
  })
})

const protocol =
  'Muri to the letter: 64 GPUs, everybody is placed anew at every arrival and end and pays the start cost of its model each time; ' +
  'jobs of equal width share, at most four, and do an iteration each a period, as its simulator has it.'
const notes = [
  'Muri-S and SRSF of the published table know exact remaining times; so does “exact”. “σ” is a log-normal error of ours (seed 1), doubled when outlived.',
  'Stage times by model are known to all who share. Models were drawn at random by the authors of the traces: these gains are the most synthetic of all figures here.',
  'Memory is no part of this protocol: here everything that shares is taken to fit.',
]
const whole = (value) => Math.round(value).toLocaleString('en-US')
const percent = (value) => (Number.isNaN(value) ? '–' : `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)} %`)
console.log(
  [
    '#### Sharing on the traces of Muri',
    '',
    protocol,
    '',
    '| trace | policy | knows | mean completion s | against Muri-S | p99 s | makespan s |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...rows.map(
      (row) =>
        `| ${row.trace} | ${row.policy} | ${row.knows} | ${whole(row.meanJctS)} | ${percent(row.toMuriS)} | ${whole(row.p99JctS)} | ${whole(row.makespanS)} |`,
    ),
    ...published
      .filter(({ trace, policy }) => rows.some((row) => row.trace === trace) && policy.startsWith('Muri'))
      .map(
        (row) =>
          `| ${row.trace} | ${row.policy} (published) | | ${whole(row.meanJctS)} | ${percent(row.meanJctS / (muriS(row.trace) ?? Number.NaN) - 1)} | | |`,
      ),
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    machineLine(),
  ].join('\n'),
)
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ name: 'sharing', protocol, rows, published, notes }, null, 1)}\n`)
