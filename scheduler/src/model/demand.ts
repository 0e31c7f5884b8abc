import type { JobRequest } from './request.js'

/**
 * How often one pod of a request is asked for, compared with the others: a whole number, at least 1. `replicas` means
 * nothing here. A list of these says what the jobs of the near future are expected to ask for.
 */
export interface DemandShare {
  readonly request: JobRequest
  readonly weight: number
}
