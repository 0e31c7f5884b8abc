import type { ResourceVector } from './model/resources.js'
import type { Snapshot, UsageRecord } from './model/snapshot.js'

type Usage = Snapshot['usage']

/** Use of one attempt, from its start to its end. */
export interface UsedInterval {
  readonly queueName: string
  readonly owner: string
  readonly amount: ResourceVector
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** `value × numerator / denominator`, rounded down, without leaving the safe integers on the way. */
export const scale = (value: number, numerator: number, denominator: number): number =>
  Math.floor(value / denominator) * numerator + Math.floor(((value % denominator) * numerator) / denominator)

const fadeSteps = 1024

/**
 * What is left of an amount after some time: halved every half-life, straight lines between the halvings
 * (at most 6 % above the exponential curve, and exact in integers).
 */
export const faded = (amount: number, elapsedMs: number, halfLifeMs: number): number => {
  if (elapsedMs <= 0) return amount
  const halvings = Math.floor(elapsedMs / halfLifeMs)
  if (halvings > 52) return 0
  const rest = Math.floor(((elapsedMs % halfLifeMs) * fadeSteps) / halfLifeMs)
  return scale(Math.floor(amount / 2 ** halvings), 2 * fadeSteps - rest, 2 * fadeSteps)
}

const fadedVector = (vector: ResourceVector, elapsedMs: number, halfLifeMs: number): ResourceVector => ({
  gpuMilli: faded(vector.gpuMilli, elapsedMs, halfLifeMs),
  cpuMilli: faded(vector.cpuMilli, elapsedMs, halfLifeMs),
  memoryMib: faded(vector.memoryMib, elapsedMs, halfLifeMs),
})

/** Past use of a record as it weighs at a moment. */
export const usageAt = (record: UsageRecord, atMs: number, halfLifeMs: number): ResourceVector =>
  fadedVector(record.amountSeconds, atMs - record.asOfMs, halfLifeMs)

/** Seconds that weigh at the end of an interval: each half-life back counts three quarters of itself, halved each time. */
const weighedSeconds = (runMs: number, halfLifeMs: number): number => {
  let weighedMs = 0
  let leftMs = runMs
  for (let weight = 1; leftMs > 0 && weight <= 2 ** 20; weight *= 2) {
    const chunkMs = Math.min(leftMs, halfLifeMs)
    const fade = Math.floor(scale(chunkMs, chunkMs, 4 * halfLifeMs))
    weighedMs += Math.floor((chunkMs - fade) / weight)
    leftMs -= chunkMs
  }
  return Math.ceil(weighedMs / 1000)
}

/** Past use with one more attempt counted, as of that attempt's end. Pure; the server stores the changed record. */
export const addUsage = (usage: Usage, used: UsedInterval): Usage => {
  const seconds = weighedSeconds(Math.max(0, used.endedAtMs - used.startedAtMs), usage.halfLifeMs)
  const isSame = (record: UsageRecord) => record.queueName === used.queueName && record.owner === used.owner
  const before = usage.records.find(isSame)
  const old = before ? usageAt(before, used.endedAtMs, usage.halfLifeMs) : { gpuMilli: 0, cpuMilli: 0, memoryMib: 0 }
  const record: UsageRecord = {
    queueName: used.queueName,
    owner: used.owner,
    asOfMs: Math.max(used.endedAtMs, before?.asOfMs ?? 0),
    amountSeconds: {
      gpuMilli: old.gpuMilli + used.amount.gpuMilli * seconds,
      cpuMilli: old.cpuMilli + used.amount.cpuMilli * seconds,
      memoryMib: old.memoryMib + used.amount.memoryMib * seconds,
    },
  }
  return { ...usage, records: [...usage.records.filter((other) => !isSame(other)), record] }
}
