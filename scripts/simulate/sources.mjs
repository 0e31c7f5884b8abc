import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as simulator from '@novabrain/scheduler/simulator'
import { t } from '../lib/texts.mjs'
import { mistake } from './mistake.mjs'

/** The text of a file that was named. */
export const read = (file) => {
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

/**
 * What is lived through: a trace and what interruptions cost in it; from a server also its policy, what it had predicted,
 * and what really happened.
 */
export const openSource = async (asked) => {
  if (asked['from-server'] !== undefined) {
    const { readHistory } = await import('./from-server.mjs')
    const history = await readHistory(asked['from-server'])
    return {
      trace: simulator.historyTrace(history),
      costs: simulator.serverCosts,
      history,
      lived: simulator.asItWas(t('simulate.asItWas'), history),
    }
  }
  const { trace, nodes, traces } = asked
  if (trace.endsWith('.csv')) return { trace: readOwn(trace, nodesOf(nodes)), costs: simulator.phillyCosts }
  const names = Object.keys(publicTraces).join(', ')
  const open = publicTraces[trace] ?? mistake(t('simulate.noTrace', { name: trace, names }))
  return open(traces)
}
