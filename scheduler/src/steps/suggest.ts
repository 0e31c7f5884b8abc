import type { HoldReason, Suggestion } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'
import type { ResourceName } from '../model/resources.js'

/** A field of a request that a suggestion may change. */
export type Changeable = 'gpuModel' | 'gpuCount' | 'gpuMemoryMib' | 'gpuMilli' | 'replicas' | 'cpuMilli' | 'memoryMib'

/** Values are offered in these steps, so that they read like something a person would ask for. */
const stepOf: Readonly<Record<Exclude<Changeable, 'gpuModel'>, number>> = {
  gpuCount: 1,
  gpuMilli: 50,
  gpuMemoryMib: 256,
  replicas: 1,
  cpuMilli: 500,
  memoryMib: 256,
}

/** Giving up the model counts as a tenth of the request. */
const modelLoss = 100

const gpuFields: readonly Changeable[] = ['gpuModel', 'gpuCount', 'gpuMemoryMib', 'gpuMilli', 'replicas']
const allFields: readonly Changeable[] = [...gpuFields, 'cpuMilli', 'memoryMib']

/** Which fields can help against a reason, in the order in which equal changes are preferred. */
export const fieldsFor = (reason: HoldReason, resource: ResourceName | null): readonly Changeable[] => {
  switch (reason) {
    case 'cpu_busy':
      return ['cpuMilli', 'replicas']
    case 'memory_busy':
      return ['memoryMib', 'replicas']
    case 'quota_exceeded':
    case 'queue_limit':
      return resource === 'gpuMilli' ? ['gpuCount', 'gpuMilli', 'replicas'] : [resource ?? 'cpuMilli', 'replicas']
    case 'gpu_busy':
    case 'gpu_fragmented':
    case 'gpu_memory':
    case 'no_node_matches':
      return gpuFields
    case 'gang_incomplete':
    case 'reserved_for_other':
    case 'behind_in_queue':
    case 'fair_share':
    case 'never_fits':
      return allFields
    case 'node_unavailable':
    case 'queue_not_found':
    case 'backing_off':
    case 'waiting_for_preemption':
      return []
  }
}

const isMeaningful = (request: JobRequest, field: Changeable): boolean => {
  switch (field) {
    case 'gpuModel':
      return request.gpuCount > 0 && request.gpuModel !== null
    case 'gpuCount':
      return request.gpuCount > 1
    case 'gpuMilli':
      return request.gpuCount === 1
    case 'gpuMemoryMib':
      return request.gpuCount > 0 && request.gpuMemoryMib > 0
    case 'replicas':
      return request.replicas > 1
    case 'cpuMilli':
    case 'memoryMib':
      return request[field] > 0
  }
}

/** The greatest smaller value that works; less never works worse, so halving finds it. */
const greatestThatFits = (
  request: JobRequest,
  field: Exclude<Changeable, 'gpuModel'>,
  fits: (request: JobRequest) => boolean,
): number | null => {
  const step = stepOf[field]
  const works = (steps: number): boolean => fits({ ...request, [field]: steps * step })
  let works0 = 1
  let fails = Math.ceil(request[field] / step)
  if (fails <= works0 || !works(works0)) return null
  while (fails - works0 > 1) {
    const middle = (works0 + fails) >> 1
    if (works(middle)) works0 = middle
    else fails = middle
  }
  return works0 * step
}

/**
 * The smallest change of a single field with which `fits` holds, by the part of the wish that is given up;
 * `null` if no single change does.
 */
export const smallestChange = (
  request: JobRequest,
  fields: readonly Changeable[],
  fits: (request: JobRequest) => boolean,
): Suggestion | null => {
  let best: { readonly change: Partial<JobRequest>; readonly loss: number } | null = null
  for (const field of fields.filter((one) => isMeaningful(request, one))) {
    if (field === 'gpuModel') {
      if (fits({ ...request, gpuModel: null })) best = { change: { gpuModel: null }, loss: modelLoss }
      continue
    }
    const value = greatestThatFits(request, field, fits)
    if (value === null) continue
    const loss = Math.floor(((request[field] - value) * 1000) / request[field])
    if (best === null || loss < best.loss) best = { change: { [field]: value }, loss }
  }
  return best === null ? null : { change: best.change }
}
