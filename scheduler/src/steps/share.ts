import type { ResourceVector } from '../model/resources.js'
import { nothing, plus, resourceNames } from '../model/resources.js'
import type { SchedJob, SchedNode, Snapshot } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'
import { scale, usageAt } from '../usage.js'
import type { Shares } from './order.js'
import type { QueueUse } from './runners.js'

/** Dominant-resource shares that grow as jobs start. Local to one decision. */
export interface ShareBook extends Shares {
  charge(job: SchedJob, amount: ResourceVector): void
}

const million = 1_000_000

/** The greatest part, in millionths, that an amount is of the cluster's capacity (DRF: Ghodsi et al., NSDI'11). */
export const dominantShare = (amount: ResourceVector, capacity: ResourceVector): number => {
  let greatest = 0
  for (const name of resourceNames) {
    if (capacity[name] > 0) greatest = Math.max(greatest, scale(amount[name], million, capacity[name]))
  }
  return greatest
}

/** All that the open nodes have. */
export const capacityOf = (nodes: readonly SchedNode[]): ResourceVector =>
  nodes
    .filter((node) => node.schedulable)
    .reduce(
      (sum, node) =>
        plus(sum, {
          gpuMilli: node.devices.filter((device) => device.kind === 'gpu').length * 1000,
          cpuMilli: node.cpuMilli,
          memoryMib: node.memoryMib,
        }),
      nothing,
    )

interface Account {
  present: ResourceVector
  past: ResourceVector
  /** What both weigh together, until one changes. */
  weight: number | null
}

/** What shares are reckoned from: what there is, and what each queue and owner has now. */
export interface ShareBasis {
  readonly capacity: ResourceVector
  readonly present: ReadonlyMap<string, Pick<QueueUse, 'used' | 'owners'>>
  readonly policy: Policy
}

/**
 * Shares of queues and owners: present use plus faded past use, each as a dominant share. A queue's is divided by its
 * weight. Past use is in amount × seconds; kept up for a whole half-life it weighs as much as present use.
 */
export const openShareBook = (
  snapshot: Pick<Snapshot, 'queues' | 'usage'>,
  { capacity, present, policy }: ShareBasis,
  atMs: number,
): ShareBook => {
  const halfLifeSeconds = Math.max(1, Math.floor(snapshot.usage.halfLifeMs / 1000))
  const weights = new Map(snapshot.queues.map((queue) => [queue.name, Math.max(1, queue.weight)]))
  const queues = new Map<string, Account>()
  const owners = new Map<string, Map<string, Account>>()

  const account = (accounts: Map<string, Account>, key: string): Account => {
    const known = accounts.get(key)
    if (known !== undefined) return known
    const fresh: Account = { present: nothing, past: nothing, weight: null }
    accounts.set(key, fresh)
    return fresh
  }
  const ownersOf = (queueName: string): Map<string, Account> => {
    const own = owners.get(queueName) ?? new Map<string, Account>()
    owners.set(queueName, own)
    return own
  }
  const both = (queueName: string, owner: string): Account[] => [
    account(queues, queueName),
    account(ownersOf(queueName), owner),
  ]
  const charge = (job: SchedJob, amount: ResourceVector): void => {
    for (const one of both(job.queueName, job.owner)) {
      one.present = plus(one.present, amount)
      one.weight = null
    }
  }
  for (const [name, { used, owners }] of present) {
    account(queues, name).present = used
    for (const [owner, amount] of owners) account(ownersOf(name), owner).present = amount
  }
  for (const record of snapshot.usage.records) {
    const past = usageAt(record, atMs, snapshot.usage.halfLifeMs)
    for (const one of both(record.queueName, record.owner)) one.past = plus(one.past, past)
  }

  const weigh = (one: Account | undefined): number => {
    if (one === undefined) return 0
    one.weight ??=
      policy.fairShare.presentWeight * dominantShare(one.present, capacity) +
      policy.fairShare.pastWeight * Math.floor(dominantShare(one.past, capacity) / halfLifeSeconds)
    return one.weight
  }
  return {
    charge,
    ofQueue: (name) => Math.floor(weigh(queues.get(name)) / (weights.get(name) ?? 1)),
    ofOwner: (queueName, owner) => weigh(owners.get(queueName)?.get(owner)),
  }
}
