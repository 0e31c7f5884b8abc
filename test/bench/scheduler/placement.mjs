// node test/bench/scheduler/placement.mjs [--quick] [--out FILE.json] [--only VARIANT,…] [--policies NAME,…] [--seeds 10]
// Placement beside the published tables of fragmentation gradient descent (Weng et al., ATC'23): 1,213 nodes, pods in
// random order up to 130 % of the GPUs, nothing departs. The very scheduler of the server places them. The traces are
// looked for in NOVABRAIN_TRACES, else in ../shared/traces beside the repository: fgd/nodes_gpu.csv, fgd/pods_*.csv and
// fgd/recorded_results.csv. Markdown goes to the standard output, every run to the file of --out.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { defaultPolicy } from '@novabrain/scheduler'
import { readRecorded, spreadsOf } from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    only: { type: 'string' },
    policies: { type: 'string' },
    seeds: { type: 'string' },
    workers: { type: 'string' },
  },
})

const folder = path.join(process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces'), 'fgd')
if (!existsSync(path.join(folder, 'nodes_gpu.csv'))) {
  console.error(
    `There are no placement traces in ${folder}. NOVABRAIN_TRACES names the folder that has fgd/nodes_gpu.csv.`,
  )
  process.exit(2)
}

const ours = 'NovaBrain'
const firstSeed = 42
const many = Number(values.seeds ?? (values.quick ? 2 : 10))
const few = Math.min(many, values.quick ? 1 : 3)

/** Name as published, the rule for a seed, and how many seeds. */
const policies = [
  ['Random', (seed) => ({ kind: 'random', seed }), few],
  ['DotProd', () => ({ kind: 'dot_product' }), few],
  ['GpuClustering', () => ({ kind: 'gpu_clustering' }), few],
  ['GpuPacking', () => ({ kind: 'gpu_packing' }), few],
  ['BestFit', () => ({ kind: 'least_remainder' }), few],
  ['tightest fit', () => ({ kind: 'best_fit' }), few],
  ['FGD', () => ({ kind: 'fgd' }), many],
  [ours, () => defaultPolicy.placement, many],
].filter(([name]) => values.policies?.split(',').includes(name) ?? true)

const present = readdirSync(folder).flatMap((name) => /^pods_(.+)\.csv$/.exec(name)?.[1] ?? [])
const quick = ['default', 'gpushare100', 'gpuspec33'].filter((name) => present.includes(name))
const variants = values.only?.split(',') ?? (values.quick && quick.length > 0 ? quick : present.sort())
const missing = variants.filter((variant) => !present.includes(variant))
if (missing.length > 0) {
  console.error(`No pods of ${missing.join(', ')} in ${folder}. There are ${present.join(', ')}.`)
  process.exit(2)
}

const tasks = variants.flatMap((variant) =>
  policies.flatMap(([policy, placementFor, seeds]) =>
    Array.from({ length: seeds }, (_, index) => firstSeed + index).map((seed) => ({
      variant,
      policy,
      seed,
      placement: placementFor(seed),
    })),
  ),
)

/** Hands the tasks out one by one to so many threads. */
const runAll = (list, count) =>
  new Promise((resolve, reject) => {
    const rows = []
    let next = 0
    for (let index = 0; index < Math.min(count, list.length); index += 1) {
      const worker = new Worker(new URL('placement-worker.mjs', import.meta.url), { workerData: { folder } })
      const give = () => (next < list.length ? worker.postMessage(list[next++]) : void worker.terminate())
      worker.on('message', (row) => {
        rows.push(row)
        give()
        if (rows.length === list.length) resolve(rows)
      })
      worker.on('error', reject)
      give()
    }
  })

const begin = performance.now()
const rows = await runAll(tasks, Number(values.workers ?? 2))
const minutes = (performance.now() - begin) / 60_000
const place = new Map(tasks.map(({ variant, policy, seed }, index) => [`${variant}/${policy}/${seed}`, index]))
const orderOf = ({ variant, policy, seed }) => place.get(`${variant}/${policy}/${seed}`)
rows.sort((left, right) => orderOf(left) - orderOf(right))

const recordedFile = path.join(folder, 'recorded_results.csv')
const published = existsSync(recordedFile)
  ? readRecorded(readFileSync(recordedFile, 'utf8')).filter(({ variant }) => variants.includes(variant))
  : []
const recordedOf = (variant, policy, metric = 'alloc_pct') =>
  published.find((one) => one.variant === variant && one.policy === policy && one.metric === metric)

const numbersOf = ({ variant: _variant, policy: _policy, seed: _seed, ...numbers }) => numbers
const spreads = (variant, policy) =>
  spreadsOf(rows.filter((row) => row.variant === variant && row.policy === policy).map(numbersOf))

const shown = ({ mean, deviation }) => `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`
const line = (cells) => `| ${cells.join(' | ')} |`
const table = (title, head, body) =>
  [`\n### ${title}\n`, line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')

const names = policies.map(([name]) => name)
const byVariant = (field, metric, percent) =>
  variants.map((variant) => [
    variant,
    ...names.map((policy) => {
      const recorded = recordedOf(variant, policy, metric)?.at[percent]
      const own = spreads(variant, policy)[field]
      if (own === undefined) return ''
      return recorded === undefined ? shown(own) : `${shown(own)} (${recorded.mean.toFixed(2)})`
    }),
  ])
const failedBody = variants.flatMap((variant) =>
  names.map((policy) => {
    const own = spreads(variant, policy)
    const kinds = ['failed', 'failed_without_gpu', 'failed_share', 'failed_whole_single', 'failed_several_gpus']
    return [variant, policy, ...kinds.map((kind) => own[kind]?.mean.toFixed(1) ?? '')]
  }),
)
const against = variants.map((variant) => {
  const [own, fgd] = [spreads(variant, ours), spreads(variant, 'FGD')]
  const at = (percent) => {
    const recorded = recordedOf(variant, 'FGD')?.at[percent]
    const value = own[`allocated_${percent}`]
    return recorded === undefined || value === undefined ? '' : (value.mean - recorded.mean).toFixed(2)
  }
  const rerun = (percent) =>
    own[`allocated_${percent}`] === undefined || fgd[`allocated_${percent}`] === undefined
      ? ''
      : (own[`allocated_${percent}`].mean - fgd[`allocated_${percent}`].mean).toFixed(2)
  const failed = [own, fgd].map((side) => side.failed_without_gpu?.mean.toFixed(1) ?? '')
  return [variant, at('100'), at('130'), rerun('100'), rerun('130'), ...failed]
})

const speeds = rows.filter(({ policy }) => policy === ours).map(({ pods, seconds }) => pods / seconds)
const notes = [
  machineLine(),
  `${rows.length} runs in ${minutes.toFixed(1)} min; ${ours}: ${Math.round(Math.min(...speeds))} to ${Math.round(Math.max(...speeds))} pods decided per second and thread`,
  'Equal scores go to the first node by name, as in the published runs. In brackets: the published mean of 10 seeds.',
  `The most pods on a node: ${Math.max(...rows.map((row) => row.most_pods_on_node))} (the published runs allow 1,001).`,
]

console.log(notes.join('\n'))
console.log(
  table(
    'GPU allocated when 130 % was asked for, %',
    ['variant', ...names],
    byVariant('allocated_130', 'alloc_pct', '130'),
  ),
)
console.log(
  table(
    'GPU allocated when 100 % was asked for, %',
    ['variant', ...names],
    byVariant('allocated_100', 'alloc_pct', '100'),
  ),
)
console.log(
  table(
    'Fragmented when 130 % was asked for, % of all GPUs',
    ['variant', ...names],
    byVariant('fragmented_130', 'frag_pct_of_all_gpus', '130'),
  ),
)
console.log(
  table(
    'Pods that found no place',
    ['variant', 'policy', 'all', 'without GPU', 'share', 'one GPU', 'several GPUs'],
    failedBody,
  ),
)
if (names.includes(ours)) {
  const head = [
    'variant',
    'FGD as published, at 100 %',
    'at 130 %',
    'FGD here, at 100 %',
    'at 130 %',
    'lost without GPU',
    'by FGD here',
  ]
  console.log(table(`${ours} against FGD, points of allocation`, head, against))
}

const protocol = {
  nodes: 1213,
  seeds: `${firstSeed}…${firstSeed + many - 1} for FGD and ${ours}, ${firstSeed}…${firstSeed + few - 1} for the others`,
  arrivals: 'pods in random order, then copies drawn by lot up to 130 % of the GPUs; nothing departs',
  ties: 'first node by name',
  placement: defaultPolicy.placement,
}
const summary = variants.flatMap((variant) => names.map((policy) => ({ variant, policy, ...spreads(variant, policy) })))
if (values.out !== undefined)
  writeFileSync(
    values.out,
    `${JSON.stringify({ name: 'placement', protocol, rows, summary, published, notes }, null, 1)}\n`,
  )
