// npm run simulate -- --trace philly:7f04ca --policy default,EASY: what a policy would have done with a trace. Prints a
// table, and writes the figures as JSON and a report as HTML. Ctrl-C ends early and reports what has happened.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { buildScheduler } from './lib/build.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { root } from './lib/places.mjs'
import { createLine } from './lib/progress-line.mjs'
import { localeOf, t } from './lib/texts.mjs'

/** What whoever asked can mend: said without a trace of the program. */
class Mistake extends Error {}
const mistake = (text) => {
  throw new Mistake(text)
}

const options = {
  trace: { type: 'string' },
  nodes: { type: 'string' },
  policy: { type: 'string', default: 'default,FIFO,EASY' },
  prediction: { type: 'string', default: 'none' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string', default: 'simulation' },
  traces: { type: 'string', default: process.env['NOVABRAIN_TRACES'] ?? path.join(root, '../shared/traces') },
  help: { type: 'boolean', default: false },
}

const readOptions = () => {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return mistake(t('simulate.badOption', { message: error.message }))
  }
}

const read = (file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return mistake(t('simulate.noFile', { file, detail: error.code ?? error.message }))
  }
}

const readPublic = (folder, name) => {
  try {
    return readFileSync(path.join(folder, name), 'utf8')
  } catch {
    return mistake(t('simulate.noPublicTraces', { folder }))
  }
}

await ensurePackages()
await buildScheduler()
const scheduler = await import('@novabrain/scheduler')
const simulator = await import('@novabrain/scheduler/simulator')

/** What is believed of run times, by name; with the seed of what is drawn. */
const predictions = {
  none: () => simulator.noOracle,
  truth: () => simulator.truth,
  'noise-0.5': (seed) => simulator.noisy(0.5, seed),
  'noise-1': (seed) => simulator.noisy(1, seed),
}

/** The public traces by name, and what interruptions cost there. */
const publicTraces = Object.fromEntries(
  simulator.phillyClusters.map((cluster) => [
    `philly:${cluster.vc}`,
    (folder) => ({
      trace: simulator.readPhilly(readPublic(folder, 'philly/jobs.csv'), cluster),
      costs: simulator.phillyCosts,
    }),
  ]),
)

const names = (table) => Object.keys(table).join(', ')

const nodesOf = (text = '8x8') => {
  const [, machines, gpus] = /^(\d{1,5})x(\d{1,3})$/.exec(text) ?? mistake(t('simulate.badNodes', { text }))
  return simulator.equalNodes(Number(machines), Number(gpus))
}

/** A trace of one's own that says something impossible is a mistake of whoever wrote it. */
const readOwn = (file, nodes) => {
  const text = read(file)
  try {
    return simulator.readTable(path.basename(file, '.csv'), text, nodes)
  } catch (error) {
    return mistake(t('simulate.noFile', { file, detail: error.message }))
  }
}

const openTrace = ({ trace, nodes, traces }) => {
  if (trace.endsWith('.csv')) {
    return { trace: readOwn(trace, nodesOf(nodes)), costs: simulator.phillyCosts }
  }
  const open = publicTraces[trace] ?? mistake(t('simulate.noTrace', { name: trace, names: names(publicTraces) }))
  return open(traces)
}

const parsed = (file) => {
  const text = read(file)
  try {
    return JSON.parse(text)
  } catch (error) {
    return mistake(t('simulate.noFile', { file, detail: error.message }))
  }
}

const policyFrom = (file, oracle) => {
  const values = parsed(file)
  const fault = scheduler.policyFault(values)
  if (fault !== null) mistake(t('simulate.badPolicy', { file, field: fault.field }))
  const policy = simulator.withoutWords(scheduler.policyOf(scheduler.completeValues(values)))
  return simulator.corePolicy({ name: path.basename(file, '.json'), policy, oracle })
}

const openPolicy = (name, oracle) => {
  if (name.endsWith('.json')) return policyFrom(name, oracle)
  const policy = simulator.policyNamed(name, oracle)
  return policy ?? mistake(t('simulate.noPolicy', { name, names: simulator.policyNames.join(', ') }))
}

const run = (asked) => {
  const seed = /^\d{1,9}$/.test(asked.seed) ? Number(asked.seed) : mistake(t('simulate.badSeed', { text: asked.seed }))
  const known = { name: asked.prediction, names: names(predictions) }
  const oracle = (predictions[asked.prediction] ?? mistake(t('simulate.noPrediction', known)))(seed)
  const policies = asked.policy.split(',').map((name) => openPolicy(name.trim(), oracle))
  const { trace, costs } = openTrace(asked)
  return { trace, costs, policies }
}

const tell = (results, asked) => {
  const locale = localeOf(process.env) === 'en' ? 'en' : 'zh'
  const rows = results.map((result) => ({ policy: result.policy, metrics: simulator.metricsOf(result) }))
  console.log(simulator.tableText(simulator.metricsTable(rows, simulator.reportTexts(locale))))
  mkdirSync(asked.out, { recursive: true })
  const file = path.join(asked.out, results[0].trace.replaceAll(/[^\p{L}\p{N}]+/gu, '-'))
  writeFileSync(`${file}.html`, simulator.reportHtml(results, locale))
  writeFileSync(`${file}.json`, `${JSON.stringify({ seed: Number(asked.seed), figures: rows, results })}\n`)
  console.log(t('simulate.written', { html: path.resolve(`${file}.html`), json: path.resolve(`${file}.json`) }))
}

/** Lives the trace through, a slice at a time, so that Ctrl-C is heard. */
const live = async ({ trace, costs, policies }) => {
  let stopped = false
  process.once('SIGINT', () => {
    stopped = true
    console.error(t('simulate.stopping'))
  })
  const results = []
  for (const policy of policies) {
    if (stopped) break
    const simulation = simulator.openSimulation(trace, policy, costs)
    const line = createLine(process.stderr)
    while (!stopped && simulation.advance(200)) {
      const { jobsDone, jobsInAll } = simulation.progress()
      line.show(jobsDone, jobsInAll, ({ percent, left }) =>
        t('simulate.progress', {
          policy: policy.name,
          done: jobsDone,
          total: jobsInAll,
          percent,
          left: left ?? t('simulate.soon'),
        }),
      )
      await setImmediate()
    }
    line.end()
    results.push(simulation.result())
  }
  return results
}

try {
  const asked = readOptions()
  if (asked.help || asked.trace === undefined) {
    const known = { policies: simulator.policyNames.join(', '), predictions: names(predictions) }
    console.log(t('simulate.usage', known))
    process.exit(asked.help ? 0 : 2)
  }
  tell(await live(run(asked)), asked)
} catch (error) {
  if (!(error instanceof Mistake)) throw error
  console.error(error.message)
  process.exit(2)
}
