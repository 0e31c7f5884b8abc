import { defineElements } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import { useTheme } from './theme.js'

/** The list of runs of the project, sharing the feed that the status bar reads. */
export const runList = (live: Live): HTMLElement => {
  useTheme()
  defineElements()
  return Object.assign(document.createElement('nb-run-list'), { host: live.host, feed: live.jobs })
}
