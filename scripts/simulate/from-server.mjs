import { NovaBrainError, UnreachableError } from '@novabrain/contracts'
import { findHome } from '../../server/dist/cli/home.js'
import { openSession } from '../../server/dist/cli/session.js'
import { textsOf } from '../../server/dist/cli/texts.js'
import { localeOf, t } from '../lib/texts.mjs'
import { mistake } from './mistake.mjs'

/**
 * What a server was asked for in a window such as `last-7-days`. The server and the key are those of the command
 * `novabrain`: NOVABRAIN_URL and NOVABRAIN_TOKEN, else the data folder.
 */
export const readHistory = async (window) => {
  const locale = localeOf(process.env)
  const home = findHome(process.env, process.cwd())
  try {
    const options = { home, environment: process.env, projectName: undefined, locale, texts: textsOf(locale) }
    const session = await openSession(options)
    const history = await session.client.getSchedulingHistory({ query: { window } })
    if (history.jobs.length === 0) mistake(t('simulate.noJobs', { window }))
    if (history.truncated) console.error(t('simulate.truncated', { count: history.jobs.length }))
    return history
  } catch (error) {
    if (error instanceof UnreachableError) return mistake(t('simulate.unreachable'))
    return error instanceof NovaBrainError || error.name === 'UsageError'
      ? mistake(error.message)
      : Promise.reject(error)
  }
}
