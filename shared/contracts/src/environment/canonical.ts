import type { EnvironmentCapture } from '../schema/environment.js'
import { normalizeName } from './diff.js'

/**
 * The capture as text to be hashed: keys and distributions in one order, so that equal environments give equal text
 * whoever captured them.
 */
export const canonicalCapture = (capture: EnvironmentCapture): string => {
  const distributions = capture.distributions
    .map((d) =>
      JSON.stringify([
        normalizeName(d.name),
        d.version,
        d.directUrl ?? null,
        d.editable ?? false,
        d.installer ?? null,
        [...(d.requires ?? [])].sort(),
      ]),
    )
    .sort()
  return JSON.stringify([
    capture.pythonVersion,
    capture.implementation,
    capture.system,
    capture.machine,
    capture.libc,
    capture.cudaVersion,
    capture.driverVersion,
    distributions,
  ])
}
