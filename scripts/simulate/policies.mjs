import path from 'node:path'
import * as scheduler from '@novabrain/scheduler'
import * as simulator from '@novabrain/scheduler/simulator'
import { t } from '../lib/texts.mjs'
import { mistake } from './mistake.mjs'
import { read } from './sources.mjs'

/** What may be believed of run times, by name. */
const predictions = {
  none: () => simulator.noOracle,
  learnt: () => simulator.learnt,
  truth: () => simulator.truth,
  'noise-0.5': ({ seed }) => simulator.noisy(0.5, seed),
  'noise-1': ({ seed }) => simulator.noisy(1, seed),
  recorded: ({ history }) =>
    history === undefined ? mistake(t('simulate.nothingRecorded')) : simulator.recorded(history),
}

export const predictionNames = Object.keys(predictions)

/** Who believes what of run times; a server's own predictions unless something else is asked for. */
export const openOracle = (name, { seed, history }) => {
  const chosen = name ?? (history === undefined ? 'learnt' : 'recorded')
  const open =
    predictions[chosen] ?? mistake(t('simulate.noPrediction', { name: chosen, names: predictionNames.join(', ') }))
  return open({ seed, history })
}

const parsed = (file) => {
  const text = read(file)
  try {
    return JSON.parse(text)
  } catch (error) {
    return mistake(t('simulate.noFile', { file, detail: error.message }))
  }
}

const coreOf = (name, values, oracle) => {
  const policy = simulator.withoutWords(scheduler.policyOf(scheduler.completeValues(values)))
  return simulator.corePolicy({ name, policy, oracle })
}

/** A file holds the fields of a policy, or is what `novabrain policy show --json` printed. */
const fromFile = (file, oracle) => {
  const told = parsed(file)
  const values = told?.values ?? told ?? {}
  const fault = scheduler.policyFault(values)
  if (fault !== null) mistake(t('simulate.badPolicy', { file, field: fault.field }))
  return coreOf(path.basename(file, '.json'), values, oracle)
}

/** A policy by its name, out of a file, or the one that a server has now. */
export const openPolicy = (name, { oracle, history }) => {
  if (name.endsWith('.json')) return fromFile(name, oracle)
  if (name === 'current' && history !== undefined) return coreOf(t('simulate.current'), history.policy, oracle)
  const policy = simulator.policyNamed(name, oracle)
  return policy ?? mistake(t('simulate.noPolicy', { name, names: simulator.policyNames.join(', ') }))
}
