import type { ClusterUse, Node, TeamUse, UseStep, UseWindow } from '@novabrain/contracts'
import { fragmentation, type FreeNode } from '../../core/cluster-use/fragmentation.js'
import { idleAfterMs } from '../../core/cluster-use/idle.js'
import { lengthsOf, permille, windowUntil, type SteppedWindow } from '../../core/cluster-use/steps.js'
import { systemScope, type Deps, type TenantScope } from '../../deps.js'
import type { NodeService } from '../nodes/service.js'
import {
  countActive,
  historyBegan,
  listIdle,
  listPreemptions,
  listRequestClasses,
  projectIdsOf,
  sumUse,
  type GpuTime,
  type OwnerUse,
} from './repository.js'

export type ClusterUseService = ReturnType<typeof createClusterUseService>

const mostPreemptions = 100
const milliHour = 3_600_000_000

/**
 * How the GPUs are used, for those who lead. The machines belong to the installation, so sums are over everybody; whose
 * jobs they are is told of the projects that the asker may see: all of the tenant to its owners, their own to others.
 */
export const createClusterUseService = ({
  database,
  clock,
  nodes: nodeService,
}: Deps & { readonly nodes: Pick<NodeService, 'list'> }) => ({
  async get(scope: TenantScope, ownProjectIds: readonly string[], window: UseWindow): Promise<ClusterUse> {
    const nodes = (await nodeService.list(new Set())).filter(({ state }) => state === 'ready').map(freeOf)
    return database.transaction(systemScope, async (tx) => {
      const stepped = windowUntil(window, clock.nowMs())
      const span = { from: iso(stepped.fromMs), to: iso(stepped.toMs) }
      const projectIds = scope.tenantOwner ? await projectIdsOf(tx, scope.tenantId) : ownProjectIds
      const gpuCount = nodes.reduce((count, { gpus }) => count + gpus.length, 0)
      const began = Date.parse((await historyBegan(tx)) ?? span.to)
      const { overTime, byOwner } = await sumUse(tx, span, stepped.stepMs, projectIds)
      const { items, total } = await listPreemptions(tx, span, projectIds, mostPreemptions)
      return {
        window,
        ...span,
        stepMs: stepped.stepMs,
        now: {
          ...(await countActive(tx)),
          ...amountsOf(nodes),
          gpuCount,
          fragmentation: fragmentation(nodes, await listRequestClasses(tx, span)),
        },
        total: { ...totalOf(overTime, stepped, { gpuCount, began }), preemptions: total },
        overTime: overTimeOf(overTime, stepped, { gpuCount, began }),
        teams: teamsOf(byOwner),
        preemptions: items,
        idle: await listIdle(tx, iso(stepped.toMs - idleAfterMs), projectIds),
      }
    })
  },
})

const iso = (atMs: number): string => new Date(atMs).toISOString()

/** What is free of a node. */
const freeOf = ({ freeCpuMilli, freeMemoryMib, devices }: Node): FreeNode => ({
  cpuMilli: freeCpuMilli,
  memoryMib: freeMemoryMib,
  gpus: devices
    .filter(({ kind }) => kind === 'gpu')
    .map((device) => ({ model: device.model, milli: device.freeMilli, memoryMib: device.freeMemoryMib })),
})

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)

const amountsOf = (nodes: readonly FreeNode[]) => {
  const gpus = nodes.flatMap((node) => node.gpus)
  return {
    allocatedMilli: sum(gpus.map(({ milli }) => 1000 - milli)),
    wholeFree: gpus.filter(({ milli }) => milli === 1000).length,
  }
}

interface Cluster {
  readonly gpuCount: number
  readonly began: number
}

const totalOf = (rows: readonly GpuTime[], window: SteppedWindow, { gpuCount, began }: Cluster) => {
  const [allocated, measured, busy] = [
    sum(rows.map((row) => row.allocated)),
    sum(rows.map((row) => row.measured)),
    sum(rows.map((row) => row.busy)),
  ]
  const whole = sum(lengthsOf(window, began)) * gpuCount * 1000
  return {
    gpuHours: hours(allocated),
    allocated: permille(allocated, whole),
    busy: measured === 0 ? null : permille(busy, whole),
    measured: permille(measured, allocated) ?? 0,
  }
}

/** GPU hours to a hundredth. */
const hours = (milliMs: number): number => Math.round((100 * milliMs) / milliHour) / 100

const overTimeOf = (
  rows: readonly (GpuTime & { readonly step: number })[],
  window: SteppedWindow,
  { gpuCount, began }: Cluster,
): UseStep[] => {
  const byStep = new Map(rows.map((row) => [row.step, row]))
  return lengthsOf(window, began).map((lengthMs, step) => {
    const row = byStep.get(step)
    const whole = lengthMs * gpuCount * 1000
    return {
      from: iso(window.fromMs + step * window.stepMs),
      allocated: permille(row?.allocated ?? 0, whole),
      busy: row === undefined || row.measured === 0 ? null : permille(row.busy, whole),
    }
  })
}

const teamsOf = (owners: readonly OwnerUse[]): TeamUse[] => {
  const all = sum(owners.map(({ allocated }) => allocated))
  return owners.map(({ projectId, projectName, submittedBy, allocated, measured, busy, jobs }) => ({
    projectId,
    projectName,
    submittedBy,
    gpuHours: hours(allocated),
    share: permille(allocated, all) ?? 0,
    jobs,
    busy: measured === 0 ? null : permille(busy, measured),
  }))
}
