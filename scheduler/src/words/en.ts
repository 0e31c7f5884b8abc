import type { HoldCause, QuotaFacts, ShortageFacts, UnfitFacts } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'
import type { ResourceName } from '../model/resources.js'
import { assertNever } from '../assert-never.js'
import { devicesIn, memory, named, units, type Words } from './words.js'

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const amount = (resource: ResourceName, value: number): string => {
  switch (resource) {
    case 'gpuMilli':
      return value === 1000 ? '1 GPU' : `${units(value)} GPUs`
    case 'cpuMilli':
      return value === 1000 ? '1 CPU core' : `${units(value)} CPU cores`
    case 'memoryMib':
      return `${memory(value)} of memory`
    default:
      return assertNever(resource)
  }
}

const gpus = (facts: ShortageFacts): string => {
  const model = facts.gpuModel === null ? 'GPU' : `${facts.gpuModel} GPU`
  const memoryWish = facts.gpuMemoryMib > 0 ? ` with ${memory(facts.gpuMemoryMib)}` : ''
  const share = facts.gpuMilli < 1000 && facts.gpuCount === 1
  return `${share ? `${facts.gpuMilli / 10} % of a ${model}` : counted(facts.gpuCount, model)}${memoryWish}`
}

const holders = (facts: ShortageFacts | QuotaFacts, nameOf: (jobId: string) => string): string => {
  const names = named(
    facts.heldBy.map((holder) => holder.jobId),
    nameOf,
  )
  return names.length === 0 ? '' : ` In use by ${listed(names)}.`
}

const quota = (facts: QuotaFacts): string => {
  const line = `Queue ${facts.queueName} uses ${amount(facts.resource, facts.used)}`
  const wish = `this job needs ${amount(facts.resource, facts.needed)}`
  return facts.pool
    ? `${line}, ${wish}, and its cohort ${facts.cohort ?? ''} leaves it ${amount(facts.resource, facts.limit)} for now.`
    : `${line} of at most ${amount(facts.resource, facts.limit)}, and ${wish} more.`
}

const unfit = (facts: UnfitFacts): string => {
  const model = facts.gpuModel === null ? 'GPU' : `${facts.gpuModel} GPU`
  switch (facts.lacking) {
    case 'nodes':
      return 'No node is connected.'
    case 'gpu':
      return 'No node has a GPU.'
    case 'gpuModel':
      return `No node has a GPU of model ${facts.gpuModel ?? ''}; there are: ${listed(facts.models)}.`
    case 'gpuCount':
      return `It needs ${counted(facts.needed, model)} on one node; the largest node has ${facts.best}.`
    case 'gpuMemoryMib':
      return `It needs a ${model} with ${memory(facts.needed)}; the largest has ${memory(facts.best)}.`
    case 'cpuMilli':
      return `It needs ${amount('cpuMilli', facts.needed)} on one node; the largest node has ${units(facts.best)}.`
    case 'memoryMib':
      return `It needs ${memory(facts.needed)} of memory on one node; the largest node has ${memory(facts.best)}.`
    case 'replicas':
      return `It needs ${counted(facts.needed, 'pod')} at once; all nodes together have room for ${facts.best}.`
    case 'combination':
      return 'No single node has the GPUs, CPU and memory it asks for together.'
    default:
      return assertNever(facts.lacking)
  }
}

const onNode = (facts: ShortageFacts): string => (facts.nodeName === null ? '' : ` on ${facts.nodeName}`)

const shortage = (
  cause: Extract<HoldCause, { readonly facts: ShortageFacts }>,
  nameOf: (jobId: string) => string,
): string => {
  const { facts } = cause
  const inUse = holders(facts, nameOf)
  switch (cause.reason) {
    case 'gpu_busy':
      return `It needs ${gpus(facts)}; of ${counted(facts.matchingInAll, 'fitting GPU')}, ${facts.freeInAll} ${facts.freeInAll === 1 ? 'is' : 'are'} free.${inUse}`
    case 'gpu_fragmented':
      return facts.gpuMilli < 1000
        ? `It needs ${gpus(facts)} on one device; enough is free in all, but in smaller pieces.${inUse}`
        : `It needs ${gpus(facts)} on one node; ${facts.freeInAll} are free in all, but at most ${facts.freeOnNode} together${onNode(facts)}.${inUse}`
    case 'gpu_memory':
      return `It needs ${gpus(facts)}; computing time is free on a GPU${onNode(facts)}, but not enough of its memory.${inUse}`
    case 'cpu_busy':
      return `It needs ${amount('cpuMilli', facts.cpuMilli)}, which are not free${onNode(facts)}.${inUse}`
    case 'memory_busy':
      return `It needs ${memory(facts.memoryMib)} of memory, which is not free${onNode(facts)}.${inUse}`
    case 'gang_incomplete':
      return `Its ${counted(cause.facts.replicas, 'pod')} start together; there is room for ${cause.facts.placeable} now.${inUse}`
    default:
      return assertNever(cause)
  }
}

const someJob = (name: string): string => (name === '' ? 'another job' : name)

const sentence = (cause: HoldCause, nameOf: (jobId: string) => string): string => {
  switch (cause.reason) {
    case 'never_fits':
    case 'no_node_matches':
      return `No node can ever run this: ${unfit(cause.facts)}`
    case 'node_unavailable':
      return cause.facts.nodeNames.length === 0
        ? 'No node is connected.'
        : `It fits only on nodes that take no jobs now: ${listed(cause.facts.nodeNames)}.`
    case 'queue_not_found':
      return `Queue ${cause.facts.queueName} no longer exists.`
    case 'backing_off':
      return 'The last try failed; the next one follows after a pause.'
    case 'queue_limit':
      return `It needs ${amount(cause.facts.resource, cause.facts.needed)}; queue ${cause.facts.queueName} may never use more than ${amount(cause.facts.resource, cause.facts.limit)}.`
    case 'quota_exceeded':
      return `${quota(cause.facts)}${holders(cause.facts, nameOf)}`
    case 'fair_share':
      return `It was the turn of ${someJob(nameOf(cause.facts.aheadJobId))}, whose owner has used less.`
    case 'behind_in_queue':
      return `${someJob(nameOf(cause.facts.aheadJobId)).replace(/^a/, 'A')} was ahead in the queue and took the place.`
    case 'reserved_for_other':
      return `What it needs is kept for ${someJob(nameOf(cause.facts.forJobId))}, which has waited longer or goes first.`
    case 'waiting_for_preemption': {
      const names = named(cause.facts.victimIds, nameOf)
      return `Its place is ready as soon as ${names.length === 0 ? 'the jobs there' : listed(names)} ${names.length === 1 ? 'has' : 'have'} made room.`
    }
    default:
      return shortage(cause, nameOf)
  }
}

const wish = (change: Partial<JobRequest>): string => {
  if (change.gpuCount === 0) return 'no GPU'
  if (change.gpuCount !== undefined) return counted(change.gpuCount, 'GPU')
  if (change.gpuMilli !== undefined) return `${change.gpuMilli / 10} % of a GPU`
  if (change.gpuMemoryMib !== undefined) return `${memory(change.gpuMemoryMib)} of GPU memory`
  if (change.gpuModel === null) return 'any GPU model'
  if (change.replicas !== undefined) return counted(change.replicas, 'pod')
  if (change.cpuMilli !== undefined) return amount('cpuMilli', change.cpuMilli)
  return `${memory(change.memoryMib ?? 0)} of memory`
}

/** English. */
export const english: Words = {
  cause: sentence,
  unfit,
  resize: (decision, nameOf) =>
    decision.why === 'shrink'
      ? `It saves itself and goes on with ${counted(devicesIn(decision), 'GPU')}, so that ${someJob(nameOf(decision.forJobId ?? ''))} can start.`
      : `It saves itself and goes on with ${counted(devicesIn(decision), 'GPU')}: they were idle and nobody waited for them.`,
  wouldStart: (change) => `With ${wish(change)} it would start now.`,
  wouldFit: (change) => `${wish(change)} would fit.`,
}
