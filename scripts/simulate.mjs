// npm run simulate -- --trace philly:7f04ca --policy default,EASY: what a policy would have done with a trace, or with
// --from-server last-7-days with what a server was asked for. Prints a table, and writes the figures as JSON and a report
// as HTML. Ctrl-C ends early and reports what has happened.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build, buildScheduler } from './lib/build.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { root } from './lib/places.mjs'
import { localeOf, t } from './lib/texts.mjs'
import { Mistake, mistake } from './simulate/mistake.mjs'

const options = {
  trace: { type: 'string' },
  'from-server': { type: 'string' },
  nodes: { type: 'string' },
  policy: { type: 'string' },
  prediction: { type: 'string' },
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

const seedOf = (text) => (/^\d{1,9}$/.test(text) ? Number(text) : mistake(t('simulate.badSeed', { text })))

const simulate = async (asked) => {
  const { openSource } = await import('./simulate/sources.mjs')
  const { openOracle, openPolicy } = await import('./simulate/policies.mjs')
  const { figuresOf, live } = await import('./simulate/live.mjs')
  const seed = seedOf(asked.seed)
  const source = await openSource(asked)
  const oracle = openOracle(asked.prediction, { seed, history: source.history })
  const names = asked.policy ?? (source.history === undefined ? 'default,FIFO,EASY' : 'current,default,FIFO')
  const policies = names.split(',').map((name) => openPolicy(name.trim(), { oracle, history: source.history }))
  const results = [...(source.lived === undefined ? [] : [source.lived]), ...(await live(source, policies))]
  return { seed, figures: figuresOf(results), results }
}

const tell = async (told, folder) => {
  const { metricsTable, reportHtml, reportTexts, tableText } = await import('@novabrain/scheduler/simulator')
  const locale = localeOf(process.env) === 'en' ? 'en' : 'zh'
  console.log(tableText(metricsTable(told.figures, reportTexts(locale))))
  mkdirSync(folder, { recursive: true })
  const file = path.resolve(folder, told.results[0].trace.replaceAll(/[^\p{L}\p{N}]+/gu, '-'))
  writeFileSync(`${file}.html`, reportHtml(told.results, locale))
  writeFileSync(`${file}.json`, `${JSON.stringify(told)}\n`)
  console.log(t('simulate.written', { html: `${file}.html`, json: `${file}.json` }))
}

const explain = async () => {
  const { policyNames } = await import('@novabrain/scheduler/simulator')
  const { predictionNames } = await import('./simulate/policies.mjs')
  console.log(t('simulate.usage', { policies: policyNames.join(', '), predictions: predictionNames.join(', ') }))
}

try {
  const asked = readOptions()
  await ensurePackages()
  await (asked['from-server'] === undefined ? buildScheduler() : build())
  const hasSource = asked.trace !== undefined || asked['from-server'] !== undefined
  if (asked.help || !hasSource) {
    await explain()
    process.exitCode = asked.help ? 0 : 2
  } else await tell(await simulate(asked), asked.out)
} catch (error) {
  if (!(error instanceof Mistake)) throw error
  console.error(error.message)
  process.exitCode = 2
}
