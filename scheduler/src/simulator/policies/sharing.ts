import { muriCluster, type MuriJob } from '../traces/muri.js'
import type { MuriLife, MuriPolicy } from '../protocols/muri.js'

/** Jobs that share devices go on together, an iteration each a period. */
type Stages = MuriJob['stagesS']

/** So many jobs share devices at most. */
const mostTogether = 4

/** What the authors of Muri measured a period to take longer than its stages, for 2, 3 and 4 jobs. */
const excess: readonly number[] = [1, 1, 1.33 / 1.015, 1.5 / 1.015, 1.37 / 1.015]

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((first, at) =>
        permutations(items.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
      )

/**
 * The period of jobs that take turns at four resources in this order, each a slot behind the next. The first of the three
 * stage times covers two slots (reading and preparing), the others one each (computing, exchanging). A slot ends when
 * all that use a resource in it are done; the length of a turn settles within two turns.
 */
const periodInOrder = (order: readonly Stages[]): number => {
  const slots = mostTogether
  const at = (slot: number): Stages | undefined => order[slot % slots]
  const ends = [0]
  for (let slot = 0; slot < 2 * slots; slot += 1) {
    const now = ends[slot] ?? 0
    const before = ends[slot - 1] ?? 0
    const [, , exchange = 0] = at(slot + 1) ?? []
    const [, compute = 0] = at(slot + 2) ?? []
    const prepared = slot > 0 ? before + (at(slot + 3)?.[0] ?? 0) : 0
    ends.push(Math.max(now + exchange, now + compute, prepared))
    const turn = (ends[slot + 1] ?? 0) - (ends[slot - 3] ?? 0)
    const last = now - (ends[slot - 4] ?? 0)
    if (slot >= slots && Math.abs(turn - last) <= 1e-3 * Math.max(turn, last)) return turn
  }
  return (ends[2 * slots] ?? 0) - (ends[slots] ?? 0)
}

const inPairs = ([left, right]: readonly Stages[]): number =>
  left === undefined || right === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(left[0], right[1] + right[2]) + Math.max(right[0], left[1] + left[2])

/**
 * Seconds in which each of some jobs on the same devices does an iteration, in their best order: how Muri's simulator has it
 * (Zhao et al., SIGCOMM'22, §4.2 and its published simulator).
 */
export const togetherS = (jobs: readonly Stages[]): number => {
  const orders = permutations(jobs).map(periodInOrder)
  const best = Math.min(...orders, jobs.length === 2 ? inPairs(jobs) : Number.POSITIVE_INFINITY)
  return best * (excess[jobs.length] ?? Number.POSITIVE_INFINITY)
}

interface Group {
  readonly jobs: MuriLife[]
  readonly gpus: number
  readonly nodes: readonly number[]
  value: number
}

export interface SharingOptions {
  readonly name: string
  /** α of the width in quarters: remaining time × devices^α is what counts. */
  readonly widthQuarters: number
  /** Seconds that a job is believed to need alone from now on; the truth unless given. */
  readonly remainingS?: (job: MuriLife) => number
}

/** Room on the nodes, filled from empty: up to eight devices on the first node that has them, more on whole nodes. */
const openRoom = () => {
  const { nodes, devicesEach } = muriCluster
  const free = Array.from<number>({ length: nodes }).fill(devicesEach)
  const take = (chosen: readonly number[], gpus: number, sign: 1 | -1): void => {
    for (const node of chosen) free[node] = (free[node] ?? 0) - sign * Math.min(gpus, devicesEach)
  }
  return {
    find(gpus: number): readonly number[] | null {
      if (gpus <= devicesEach) {
        const node = free.findIndex((count) => count >= gpus)
        return node < 0 ? null : [node]
      }
      const wanted = Math.floor(gpus / devicesEach)
      const whole = [...free.keys()].filter((node) => free[node] === devicesEach).slice(0, wanted)
      return whole.length < wanted ? null : whole
    },
    take: (chosen: readonly number[], gpus: number) => take(chosen, gpus, 1),
    give: (chosen: readonly number[], gpus: number) => take(chosen, gpus, -1),
  }
}

/**
 * Shortest remaining work first, on shared devices: jobs of equal width share as soon as the devices are short, where
 * Σ rate / (remaining × width^α) rises by it: who comes joins a group, or two groups become one and make room. Of a job
 * it knows the stages of an iteration, as Muri does, and its remaining time, exact (as Muri-S) or believed.
 */
export const muriSharing = ({
  name,
  widthQuarters,
  remainingS = (job) => job.left * job.iterationS,
}: SharingOptions): MuriPolicy => ({
  name,
  open() {
    const here = new Set<MuriLife>()
    const models = new Map<string, number>()
    const periods = new Map<number, Map<number, number>>()
    const modelOf = ({ model }: MuriLife): number => {
      const known = models.get(model) ?? models.size
      models.set(model, known)
      return known
    }
    /** By the models: jobs of one model and width have the same stages. */
    const periodOf = (jobs: readonly MuriLife[]): number => {
      const [first] = jobs
      if (first === undefined) return 0
      if (jobs.length === 1) return first.iterationS
      const key = jobs
        .map(modelOf)
        .sort((left, right) => left - right)
        .reduce((sum, model) => sum * 64 + model + 1, 0)
      const ofWidth = periods.get(first.gpus) ?? new Map<number, number>()
      periods.set(first.gpus, ofWidth)
      const period = ofWidth.get(key) ?? togetherS(jobs.map(({ stagesS }) => stagesS))
      ofWidth.set(key, period)
      return period
    }
    let beliefs = new Map<MuriLife, number>()
    const work = (job: MuriLife): number => {
      const known = beliefs.get(job) ?? Math.max(1e-6, remainingS(job)) * job.gpus ** (widthQuarters / 4)
      beliefs.set(job, known)
      return known
    }
    const valueOf = (jobs: readonly MuriLife[]): number => {
      const period = periodOf(jobs)
      return jobs.reduce((sum, job) => sum + job.iterationS / period / work(job), 0)
    }
    const join = (groups: readonly Group[], job: MuriLife): boolean => {
      let best: Group | null = null
      let most = 1e-12
      for (const group of groups) {
        if (group.gpus !== job.gpus || group.jobs.length >= mostTogether) continue
        const gain = (valueOf([...group.jobs, job]) - group.value) * work(job)
        if (gain <= most) continue
        most = gain
        best = group
      }
      if (best === null) return false
      best.jobs.push(job)
      best.value = valueOf(best.jobs)
      return true
    }
    /** The two groups whose union costs least, if what it costs is less than what the newcomer brings. */
    const merge = (groups: readonly Group[], job: MuriLife): readonly [Group, Group] | null => {
      let best: readonly [Group, Group] | null = null
      let least = valueOf([job]) * (1 - 1e-9)
      for (const [at, left] of groups.entries()) {
        if (left.gpus < job.gpus) continue
        for (const right of groups.slice(at + 1)) {
          if (right.gpus !== left.gpus || left.jobs.length + right.jobs.length > mostTogether) continue
          const loss = left.value + right.value - valueOf([...left.jobs, ...right.jobs])
          if (loss >= least) continue
          least = loss
          best = [left, right]
        }
      }
      return best
    }
    return {
      arrived: (job) => void here.add(job),
      ended: (job) => void here.delete(job),
      choose() {
        beliefs = new Map()
        const jobs = [...here].map((job) => ({ job, key: work(job) })).sort((left, right) => left.key - right.key)
        const room = openRoom()
        let groups: Group[] = []
        const vain = new Set<number>()
        for (const { job } of jobs) {
          job.runs = true
          job.paceS = job.iterationS
          const nodes = room.find(job.gpus)
          if (nodes !== null) {
            room.take(nodes, job.gpus)
            groups.push({ jobs: [job], gpus: job.gpus, nodes, value: valueOf([job]) })
            continue
          }
          if (join(groups, job)) continue
          const pair = vain.has(job.gpus) ? null : merge(groups, job)
          if (pair === null) {
            vain.add(job.gpus)
            job.runs = false
            continue
          }
          const [kept, left] = pair
          kept.jobs.push(...left.jobs)
          kept.value = valueOf(kept.jobs)
          groups = groups.filter((group) => group !== left)
          room.give(left.nodes, left.gpus)
          const freed = room.find(job.gpus)
          if (freed === null) throw new Error('What a merger freed is not there')
          room.take(freed, job.gpus)
          groups.push({ jobs: [job], gpus: job.gpus, nodes: freed, value: valueOf([job]) })
        }
        for (const group of groups) {
          const period = periodOf(group.jobs)
          for (const job of group.jobs) job.paceS = period
        }
      },
      nextS: () => Number.POSITIVE_INFINITY,
    }
  },
})
