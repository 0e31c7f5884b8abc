import type { HoldCause, QuotaFacts, ShortageFacts, UnfitFacts } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'
import type { ResourceName } from '../model/resources.js'
import { assertNever } from '../assert-never.js'
import { devicesIn, memory, named, units, type Words } from './words.js'

const amount = (resource: ResourceName, value: number): string => {
  switch (resource) {
    case 'gpuMilli':
      return `${units(value)} 个 GPU`
    case 'cpuMilli':
      return `${units(value)} 个 CPU 核`
    case 'memoryMib':
      return `${memory(value)} 内存`
    default:
      return assertNever(resource)
  }
}

const gpus = (facts: ShortageFacts): string => {
  const model = facts.gpuModel === null ? 'GPU' : `${facts.gpuModel} GPU`
  const memoryWish = facts.gpuMemoryMib > 0 ? `（每个显存 ${memory(facts.gpuMemoryMib)}）` : ''
  const share = facts.gpuMilli < 1000 && facts.gpuCount === 1
  return `${share ? `一个 ${model} 的 ${facts.gpuMilli / 10}%` : `${facts.gpuCount} 个 ${model}`}${memoryWish}`
}

const holders = (facts: ShortageFacts | QuotaFacts, nameOf: (jobId: string) => string): string => {
  const names = named(
    facts.heldBy.map((holder) => holder.jobId),
    nameOf,
  )
  return names.length === 0 ? '' : `正由 ${names.join('、')} 占用。`
}

const quota = (facts: QuotaFacts): string => {
  const line = `队列 ${facts.queueName} 已使用 ${amount(facts.resource, facts.used)}`
  const wish = `此作业需要 ${amount(facts.resource, facts.needed)}`
  return facts.pool
    ? `${line}，${wish}，而队列组 ${facts.cohort ?? ''} 目前最多只能让它用到 ${amount(facts.resource, facts.limit)}。`
    : `${line}，上限为 ${amount(facts.resource, facts.limit)}，${wish}。`
}

const unfit = (facts: UnfitFacts): string => {
  const model = facts.gpuModel === null ? 'GPU' : `${facts.gpuModel} GPU`
  switch (facts.lacking) {
    case 'nodes':
      return '没有已连接的节点。'
    case 'gpu':
      return '没有任何节点带有 GPU。'
    case 'gpuModel':
      return `没有任何节点带有 ${model}；现有型号：${facts.models.join('、')}。`
    case 'gpuCount':
      return `需要同一节点上的 ${facts.needed} 个 ${model}；最大的节点只有 ${facts.best} 个。`
    case 'gpuMemoryMib':
      return `需要显存为 ${memory(facts.needed)} 的 ${model}；最大的只有 ${memory(facts.best)}。`
    case 'cpuMilli':
      return `需要同一节点上的 ${amount('cpuMilli', facts.needed)}；最大的节点只有 ${units(facts.best)} 个。`
    case 'memoryMib':
      return `需要同一节点上的 ${memory(facts.needed)} 内存；最大的节点只有 ${memory(facts.best)}。`
    case 'replicas':
      return `需要同时运行 ${facts.needed} 个副本；所有节点合计只能容纳 ${facts.best} 个。`
    case 'combination':
      return '没有任何单个节点同时满足所需的 GPU、CPU 和内存。'
    default:
      return assertNever(facts.lacking)
  }
}

const onNode = (facts: ShortageFacts): string => (facts.nodeName === null ? '' : `节点 ${facts.nodeName} 上`)

const shortage = (
  cause: Extract<HoldCause, { readonly facts: ShortageFacts }>,
  nameOf: (jobId: string) => string,
): string => {
  const { facts } = cause
  const inUse = holders(facts, nameOf)
  switch (cause.reason) {
    case 'gpu_busy':
      return `需要 ${gpus(facts)}；符合条件的 GPU 共 ${facts.matchingInAll} 个，其中空闲 ${facts.freeInAll} 个。${inUse}`
    case 'gpu_fragmented':
      return facts.gpuMilli < 1000
        ? `需要 ${gpus(facts)}，且须在同一设备上；空闲总量足够，但分散在多个设备上。${inUse}`
        : `需要同一节点上的 ${gpus(facts)}；共有 ${facts.freeInAll} 个空闲，但${onNode(facts)}最多只有 ${facts.freeOnNode} 个在一起。${inUse}`
    case 'gpu_memory':
      return `需要 ${gpus(facts)}；${onNode(facts)}有 GPU 算力空闲，但显存不足。${inUse}`
    case 'cpu_busy':
      return `需要 ${amount('cpuMilli', facts.cpuMilli)}，${onNode(facts)}目前没有这么多空闲。${inUse}`
    case 'memory_busy':
      return `需要 ${memory(facts.memoryMib)} 内存，${onNode(facts)}目前没有这么多空闲。${inUse}`
    case 'gang_incomplete':
      return `其 ${cause.facts.replicas} 个副本必须同时启动；目前只能容纳 ${cause.facts.placeable} 个。${inUse}`
    default:
      return assertNever(cause)
  }
}

const someJob = (name: string): string => (name === '' ? '另一个作业' : ` ${name} `)

const sentence = (cause: HoldCause, nameOf: (jobId: string) => string): string => {
  switch (cause.reason) {
    case 'never_fits':
    case 'no_node_matches':
      return `没有任何节点能运行此作业：${unfit(cause.facts)}`
    case 'node_unavailable':
      return cause.facts.nodeNames.length === 0
        ? '没有已连接的节点。'
        : `只有目前不接受作业的节点能运行它：${cause.facts.nodeNames.join('、')}。`
    case 'queue_not_found':
      return `队列 ${cause.facts.queueName} 已不存在。`
    case 'backing_off':
      return '上次尝试失败，稍候会再次尝试。'
    case 'queue_limit':
      return `需要 ${amount(cause.facts.resource, cause.facts.needed)}；队列 ${cause.facts.queueName} 最多只能使用 ${amount(cause.facts.resource, cause.facts.limit)}。`
    case 'quota_exceeded':
      return `${quota(cause.facts)}${holders(cause.facts, nameOf)}`
    case 'fair_share':
      return `这次轮到${someJob(nameOf(cause.facts.aheadJobId))}，其所有者使用得更少。`
    case 'behind_in_queue':
      return `${someJob(nameOf(cause.facts.aheadJobId)).trimStart()}排在前面，先占用了资源。`
    case 'reserved_for_other':
      return `所需资源已为${someJob(nameOf(cause.facts.forJobId))}保留，它等待更久或优先。`
    case 'waiting_for_preemption': {
      const names = named(cause.facts.victimIds, nameOf)
      return `待${names.length === 0 ? '占用资源的作业' : ` ${names.join('、')} `}让出资源后即可开始。`
    }
    default:
      return shortage(cause, nameOf)
  }
}

const wish = (change: Partial<JobRequest>): string => {
  if (change.gpuCount === 0) return '不用 GPU'
  if (change.gpuCount !== undefined) return `${change.gpuCount} 个 GPU`
  if (change.gpuMilli !== undefined) return `一个 GPU 的 ${change.gpuMilli / 10}%`
  if (change.gpuMemoryMib !== undefined) return `${memory(change.gpuMemoryMib)} 显存`
  if (change.gpuModel === null) return '任意 GPU 型号'
  if (change.replicas !== undefined) return `${change.replicas} 个副本`
  if (change.cpuMilli !== undefined) return amount('cpuMilli', change.cpuMilli)
  return `${memory(change.memoryMib ?? 0)} 内存`
}

/** A space between Chinese and a digit. */
const spaced = (text: string): string => (/^\d/.test(text) ? ` ${text}` : text)

/** 简体中文. */
export const chinese: Words = {
  cause: sentence,
  unfit,
  resize: (decision, nameOf) =>
    decision.why === 'shrink'
      ? `它会保存进度，改用 ${devicesIn(decision)} 个 GPU 继续运行，好让${someJob(nameOf(decision.forJobId ?? ''))}启动。`
      : `它会保存进度，改用 ${devicesIn(decision)} 个 GPU 继续运行：这些 GPU 空闲，也没有作业在等待。`,
  wouldStart: (change) => `改为${spaced(wish(change))}，现在即可开始。`,
  wouldFit: (change) => `改为${spaced(wish(change))}即可运行。`,
}
