import { totalOf, type JobRequest } from '../model/request.js'
import type { ResourceVector } from '../model/resources.js'
import type { HoldDecision } from '../model/decision.js'
import type { QueuedJob } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'
import { memo } from './memo.js'
import { predictedWork } from './order.js'
import { orderKindOf, type QueueOrders } from './queue-orders.js'

/** What is asked of devices: all that equal fits share, whatever is asked of CPU and memory. */
export interface DeviceAsk {
  /** A request that asks just this of devices. */
  readonly example: JobRequest
}

/** What equal requests share. There is one object for all of them, so what is found out for one is known for all. */
export interface Shape {
  readonly request: JobRequest
  readonly total: ResourceVector
  readonly devices: DeviceAsk
}

/** What jobs share that are equally important and ask the same of the same queue. */
export interface Kind {
  readonly shape: Shape
  readonly queueName: string
  /** By what the jobs of the queue are put in order. */
  readonly orderKind: Policy['order']['kind']
  /** Counts kinds from 0 on. */
  readonly number: number
  /** Stretches of a cycle in which nothing comes of serving its jobs: any of them, or those bound by the reservation. */
  readonly hopeless: { any: number; bound: number; fromWork: number }
}

/** A queued job with what is worked out of it once. It stays the same object as long as the job waits unchanged. */
export interface Waiter {
  readonly job: QueuedJob
  readonly kind: Kind
  readonly work: number
  /** Whether it is past its age bound, as of the present cycle. */
  aged: boolean
  /** Whether it is past the bound of its queue, as of the present cycle. */
  first: boolean
  /** What its owner was told last; told again, as the same object, while it holds true. */
  told: HoldDecision | null
}

/** Gives equal requests the same shape. */
export interface Shapes {
  of(request: JobRequest): Shape
  /** How many different shapes it was asked for. */
  count(): number
}

const sameModels = (left: JobRequest, right: JobRequest): boolean =>
  left.gpuModel === right.gpuModel &&
  (left.otherGpuModels === right.otherGpuModels || left.otherGpuModels?.join('|') === right.otherGpuModels?.join('|'))

const sameDevices = (left: JobRequest, right: JobRequest): boolean =>
  left.gpuCount === right.gpuCount &&
  left.replicas === right.replicas &&
  (left.gpuCount === 0 ||
    (left.gpuMilli === right.gpuMilli && left.gpuMemoryMib === right.gpuMemoryMib && sameModels(left, right)))

/** Equal items are found by a number that equal ones share; a list of those few that share it settles the rest. */
const intern = <Key, Item>(isSame: (item: Item, key: Key) => boolean, make: (key: Key) => Item) => {
  const buckets = new Map<number, Item[]>()
  return (hash: number, key: Key): Item => {
    const bucket = buckets.get(hash)
    const known = bucket?.find((item) => isSame(item, key))
    if (known !== undefined) return known
    const item = make(key)
    if (bucket === undefined) buckets.set(hash, [item])
    else bucket.push(item)
    return item
  }
}

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e3779b1)

const deviceHash = (request: JobRequest): number =>
  request.gpuCount === 0
    ? request.replicas
    : mix(mix(mix(request.replicas, request.gpuCount), request.gpuMilli), request.gpuMemoryMib)

/** Opens an empty register of shapes. */
export const openShapes = (): Shapes => {
  let count = 0
  const asks = intern<JobRequest, DeviceAsk>(
    (ask, request) => sameDevices(ask.example, request),
    (request) => ({ example: request }),
  )
  const shapes = intern<JobRequest, Shape>(
    ({ request }, other) =>
      request.cpuMilli === other.cpuMilli && request.memoryMib === other.memoryMib && sameDevices(request, other),
    (request) => {
      count += 1
      return { request, total: totalOf(request), devices: asks(deviceHash(request), request) }
    },
  )
  return {
    of: (request) => shapes(mix(mix(deviceHash(request), request.cpuMilli), request.memoryMib), request),
    count: () => count,
  }
}

/** Makes waiters of jobs; those that are as important and ask the same of the same queue are of one kind. */
export const openWaiters = (shapes: Shapes, policy: Policy, orders: QueueOrders): ((job: QueuedJob) => Waiter) => {
  const kinds = new Map<string, Map<number, Map<Shape, Kind>>>()
  let count = 0
  const kindOf = ({ queueName, priority, request }: QueuedJob): Kind => {
    const ofQueue = memo(kinds, queueName, () => new Map<number, Map<Shape, Kind>>())
    const alike = memo(ofQueue, priority, () => new Map<Shape, Kind>())
    const shape = shapes.of(request)
    return memo(alike, shape, () => ({
      shape,
      queueName,
      orderKind: orderKindOf(orders.get(queueName), policy),
      number: count++,
      hopeless: { any: 0, bound: 0, fromWork: 0 },
    }))
  }
  return (job) => {
    const kind = kindOf(job)
    const work = kind.orderKind === 'predicted' ? predictedWork(job, policy) : 0
    return { job, kind, work, aged: false, first: false, told: null }
  }
}
