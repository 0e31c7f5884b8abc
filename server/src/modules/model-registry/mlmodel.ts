import type { ModelManifest } from '@novabrain/contracts'
import { parse } from 'yaml'
import { readManifest } from '../../core/model-registry/manifest.js'

/** The file in which MLflow describes a model, at the top of its folder. */
export const manifestName = 'MLmodel'

/** Larger files of that name are not MLflow's. */
export const manifestLimitBytes = 4 * 1_048_576

/** Read the text of an `MLmodel` file. References that multiply (a small file that would become a huge one) are refused. */
export const parseManifest = (text: string): ModelManifest => {
  try {
    return readManifest(parse(text, { maxAliasCount: 100, logLevel: 'silent' }))
  } catch {
    return { state: 'unreadable' }
  }
}
