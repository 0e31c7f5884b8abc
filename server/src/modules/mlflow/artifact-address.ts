import { fail } from '@novabrain/contracts'
import { parseArtifactAddress, type ArtifactAddress } from '../../core/tracking/artifact-path.js'

/** Whose file an address of the proxy names. Errors: `artifact_path_invalid`. */
export const addressOf = (path: string): ArtifactAddress =>
  parseArtifactAddress(path) ?? fail('artifact_path_invalid', { path })
