import { defineElements } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import { useTheme } from './theme.js'

/** The page of the queue and the GPUs. */
export const queuePage = ({ host }: Live): HTMLElement => {
  useTheme()
  defineElements()
  return Object.assign(document.createElement('nb-queue-page'), { host })
}
