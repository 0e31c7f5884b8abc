import type { Placement, SchedNode } from '../../model/snapshot.js'

/** Who holds which device: a second count, so that no policy can use a device twice or one that is not there. */
export interface DeviceLedger {
  take(jobId: string, placement: Placement): void
  give(placement: Placement): void
  /** Devices that are in use, whole or in part. */
  inUse(): number
}

/** Opens the count of the devices of some nodes. */
export const openDeviceLedger = (nodes: readonly SchedNode[]): DeviceLedger => {
  const free = new Map<string, number>(nodes.flatMap((node) => node.devices.map((device) => [device.id, 1000])))
  let used = 0
  const change = (placement: Placement, sign: 1 | -1, who: string): void => {
    for (const { devices } of placement.pods) {
      for (const { deviceId, milli } of devices) {
        const before = free.get(deviceId)
        if (before === undefined) throw new Error(`${who} was put on ${deviceId}, which is not there`)
        const after = before + sign * milli
        if (after < 0) throw new Error(`${who} was put on ${deviceId}, which is in use`)
        used += Number(after < 1000) - Number(before < 1000)
        free.set(deviceId, after)
      }
    }
  }
  return {
    take: (jobId, placement) => change(placement, -1, jobId),
    give: (placement) => change(placement, 1, ''),
    inUse: () => used,
  }
}
