import { defineElements } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import type { ModelPage } from '../tokens.js'
import { useTheme } from './theme.js'

/** A page of the model registry. */
export const modelPage = ({ host }: Live, { name, version }: ModelPage): HTMLElement => {
  useTheme()
  defineElements()
  if (name === undefined) return Object.assign(document.createElement('nb-model-list'), { host })
  if (version === undefined) return Object.assign(document.createElement('nb-model-page'), { host, name })
  return Object.assign(document.createElement('nb-version-page'), { host, name, version })
}
