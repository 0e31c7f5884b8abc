import type { Placement, PodPlacement, SchedNode } from '../../model/snapshot.js'
import type { TraceJob } from '../engine/trace.js'

/** Free whole devices, for policies that look at nothing else. Changed in place. */
export interface Room {
  /** Devices that are free on all nodes. */
  free(): number
  /** Where a job fits, or `null`: where most is idle in another room, if one is given, then best fit. Takes nothing. */
  find(job: TraceJob, idle?: Room): Placement | null
  /** Free devices of a node, by its place in the order of nodes. */
  freeOn(node: number): number
  /** Whether every device of a placement is free. */
  has(placement: Placement): boolean
  take(placement: Placement): void
  give(placement: Placement): void
  /** An independent copy. */
  copy(): Room
}

interface Shelf {
  readonly nodeId: string
  readonly deviceIds: readonly string[]
  /** Which devices are free, by their place on the node. */
  readonly isFree: boolean[]
  free: number
}

const podFrom = (shelf: Shelf, count: number): PodPlacement => ({
  nodeId: shelf.nodeId,
  cpuMilli: 0,
  memoryMib: 0,
  devices: shelf.deviceIds
    .filter((_, at) => shelf.isFree[at])
    .slice(0, count)
    .map((deviceId) => ({ deviceId, milli: 1000, memoryMib: 0 })),
})

/** The fullest node that has room for a pod; the first of equals. */
const tightest = (
  shelves: readonly Shelf[],
  count: number,
  without: ReadonlySet<Shelf>,
  idle: Room | undefined,
): Shelf | null => {
  let best: Shelf | null = null
  let most = 0
  for (const [node, shelf] of shelves.entries()) {
    if (shelf.free < count || without.has(shelf)) continue
    const idleHere = idle === undefined ? 0 : Math.min(count, idle.freeOn(node))
    if (best !== null && (idleHere < most || (idleHere === most && shelf.free >= best.free))) continue
    best = shelf
    most = idleHere
  }
  return best
}

const none: ReadonlySet<Shelf> = new Set()

const openShelves = (shelves: readonly Shelf[]): Room => {
  const places = new Map(shelves.flatMap((shelf) => shelf.deviceIds.map((id, at) => [id, { shelf, at }] as const)))
  let free = shelves.reduce((sum, shelf) => sum + shelf.free, 0)
  const change = (placement: Placement, taken: boolean): void => {
    for (const { devices } of placement.pods) {
      for (const { deviceId } of devices) {
        const place = places.get(deviceId)
        if (place === undefined) continue
        place.shelf.isFree[place.at] = !taken
        place.shelf.free += taken ? -1 : 1
        free += taken ? -1 : 1
      }
    }
  }
  return {
    free: () => free,
    freeOn: (node) => shelves[node]?.free ?? 0,
    find({ request }, idle) {
      const { gpuCount, replicas } = request
      if (gpuCount * replicas > free) return null
      if (replicas === 1) {
        const shelf = tightest(shelves, gpuCount, none, idle)
        return shelf === null ? null : { pods: [podFrom(shelf, gpuCount)] }
      }
      const used = new Set<Shelf>()
      const pods: PodPlacement[] = []
      for (let pod = 0; pod < replicas; pod += 1) {
        const shelf = tightest(shelves, gpuCount, used, idle)
        if (shelf === null) return null
        used.add(shelf)
        pods.push(podFrom(shelf, gpuCount))
      }
      return { pods }
    },
    has: ({ pods }) =>
      pods.every(({ devices }) =>
        devices.every(({ deviceId }) => {
          const place = places.get(deviceId)
          return place !== undefined && place.shelf.isFree[place.at] === true
        }),
      ),
    take: (placement) => change(placement, true),
    give: (placement) => change(placement, false),
    copy: () => openShelves(shelves.map((shelf) => ({ ...shelf, isFree: [...shelf.isFree] }))),
  }
}

/** The devices of some nodes, all of them free: best fit, one pod a node, ties to the first node. */
export const openRoom = (nodes: readonly SchedNode[]): Room =>
  openShelves(
    nodes.map((node) => ({
      nodeId: node.id,
      deviceIds: node.devices.map((device) => device.id),
      isFree: node.devices.map(() => true),
      free: node.devices.length,
    })),
  )
