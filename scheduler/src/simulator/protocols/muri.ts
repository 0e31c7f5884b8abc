import { quantile } from '../engine/metrics.js'
import { muriCluster, muriStartS, type MuriJob } from '../traces/muri.js'

/** What Muri's authors print of a simulation, seconds. */
export interface MuriFigures {
  readonly meanJctS: number
  readonly makespanS: number
  readonly p99JctS: number
}

/** A job on its way through Muri's simulator. */
export interface MuriLife extends MuriJob {
  readonly startS: number
  left: number
  /** What an iteration takes it now; longer than alone where it shares devices. */
  paceS: number
  checkedS: number
  /** Time on devices, idle start-up included. */
  executedS: number
  runs: boolean
}

/** A policy under Muri's rules: it is asked at every instant who runs from now on. */
export interface MuriPolicy {
  readonly name: string
  open(): MuriChooser
}

export interface MuriChooser {
  arrived(job: MuriLife): void
  ended(job: MuriLife): void
  /** Sets `runs` of every job that is there. */
  choose(nowS: number): void
  /** When it must be asked again though nothing arrives or ends. */
  nextS(nowS: number): number
}

const leftS = (job: MuriLife): number => job.left * job.iterationS

/** Room on the eight nodes while they are filled from empty: up to eight devices on the first node that has them, more on whole nodes. */
const openShelves = () => {
  const { nodes, devicesEach } = muriCluster
  const free = Array.from<number>({ length: nodes }).fill(devicesEach)
  return (gpus: number): boolean => {
    if (gpus <= devicesEach) {
      const node = free.findIndex((count) => count >= gpus)
      if (node >= 0) free[node] = (free[node] ?? 0) - gpus
      return node >= 0
    }
    const whole = [...free.keys()].filter((node) => free[node] === devicesEach).slice(0, Math.floor(gpus / devicesEach))
    if (whole.length < Math.floor(gpus / devicesEach)) return false
    for (const node of whole) free[node] = 0
    return true
  }
}

/** Least remaining time first, or (`byService`) least remaining time × devices; all are placed anew at every instant. */
const shortest = (name: string, byService: boolean): MuriPolicy => ({
  name,
  open() {
    const jobs: MuriLife[] = []
    const key = (job: MuriLife): number => leftS(job) * (byService ? job.gpus : 1)
    return {
      arrived: (job) => void jobs.push(job),
      ended: (job) => void jobs.splice(jobs.indexOf(job), 1),
      choose() {
        jobs.sort((left, right) => key(left) - key(right))
        const place = openShelves()
        for (const job of jobs) job.runs = place(job.gpus)
      },
      nextS: () => Number.POSITIVE_INFINITY,
    }
  },
})

/** Shortest remaining time first, as in Muri's simulator. */
export const muriSrtf: MuriPolicy = shortest('SRTF', false)
/** Shortest remaining service first, as in Muri's simulator. */
export const muriSrsf: MuriPolicy = shortest('SRSF', true)

/** Bounds between the queues of Tiresias-L in Muri's simulator, device-seconds. */
const boundsS = [3250, 7200]

/**
 * Tiresias-L as in Muri's simulator: three queues by attained device-time, those that run first in each; only the number of
 * devices counts, not where they are. Who crosses a bound goes to the end of the next queue, one queue at an instant.
 */
export const muriTiresias: MuriPolicy = {
  name: 'Tiresias-L',
  open() {
    const queues: MuriLife[][] = [[], [], []]
    const level = new Map<MuriLife, number>()
    const jobs = new Set<MuriLife>()
    const levelOf = (job: MuriLife): number => level.get(job) ?? 0
    const leave = (job: MuriLife): void => {
      const queue = queues[levelOf(job)]
      queue?.splice(queue.indexOf(job), 1)
    }
    const join = (job: MuriLife, at: number): void => {
      level.set(job, at)
      queues[at]?.push(job)
    }
    const demote = (): void => {
      for (const job of jobs) {
        const bound = boundsS[levelOf(job)]
        if (!job.runs || bound === undefined || job.executedS * job.gpus < bound) continue
        leave(job)
        join(job, levelOf(job) + 1)
      }
    }
    return {
      arrived(job) {
        jobs.add(job)
        join(job, 0)
      },
      ended(job) {
        leave(job)
        jobs.delete(job)
      },
      choose() {
        demote()
        let free = muriCluster.nodes * muriCluster.devicesEach
        for (const job of queues.flat()) {
          job.runs = free >= job.gpus
          if (job.runs) free -= job.gpus
        }
        for (const [at, queue] of queues.entries())
          queues[at] = [...queue.filter(({ runs }) => runs), ...queue.filter(({ runs }) => !runs)]
      },
      nextS(nowS) {
        let next = Number.POSITIVE_INFINITY
        for (const job of jobs) {
          const bound = boundsS[levelOf(job)]
          if (job.runs && bound !== undefined) next = Math.min(next, Math.ceil(bound / job.gpus) - job.executedS + nowS)
        }
        return next
      },
    }
  },
}

/**
 * Muri's protocol to the letter: at every arrival and end all jobs are chosen and placed anew, and whoever runs loses the
 * start cost of its model out of the time since the instant before; an end that is foreseen comes when it was foreseen.
 */
export const simulateMuri = (jobs: readonly MuriJob[], policy: MuriPolicy): MuriFigures => {
  const chooser = policy.open()
  const coming = jobs
    .map((job): MuriLife => ({
      ...job,
      startS: muriStartS(job),
      left: job.iterations,
      paceS: job.iterationS,
      checkedS: job.submitS,
      executedS: 0,
      runs: false,
    }))
    .sort((left, right) => left.submitS - right.submitS)
  const here = new Set<MuriLife>()
  const jcts: number[] = []
  let makespanS = 0
  let ends: { atS: number; jobs: MuriLife[] } = { atS: Number.POSITIVE_INFINITY, jobs: [] }
  let wakeS = Number.POSITIVE_INFINITY
  let next = 0
  const settle = (job: MuriLife, nowS: number): void => {
    if (job.runs) {
      job.left -= Math.max(nowS - job.checkedS - job.startS, 0) / job.paceS
      job.executedS = job.executedS + nowS - job.checkedS
    }
    job.checkedS = nowS
  }
  const finish = (job: MuriLife, nowS: number): void => {
    here.delete(job)
    chooser.ended(job)
    jcts.push(nowS - job.submitS)
    makespanS = Math.max(makespanS, nowS)
  }
  const foresee = (nowS: number): void => {
    ends = { atS: Number.POSITIVE_INFINITY, jobs: [] }
    for (const job of here) {
      if (!job.runs) continue
      const atS = nowS + job.left * job.paceS
      if (atS < ends.atS) ends = { atS, jobs: [job] }
      else if (atS === ends.atS) ends.jobs.push(job)
    }
  }
  while (next < coming.length || here.size > 0) {
    const arrivalS = coming[next]?.submitS ?? Number.POSITIVE_INFINITY
    const eventS = Math.min(arrivalS, ends.atS)
    const nowS = Math.min(eventS, wakeS)
    if (nowS === Number.POSITIVE_INFINITY) throw new Error(`${policy.name} leaves jobs that fit nowhere`)
    if (nowS === ends.atS) for (const job of ends.jobs) finish(job, nowS)
    for (let job = coming[next]; job !== undefined && job.submitS === nowS; job = coming[next]) {
      next += 1
      here.add(job)
      chooser.arrived(job)
    }
    for (const job of here) settle(job, nowS)
    chooser.choose(nowS)
    foresee(nowS)
    wakeS = chooser.nextS(nowS)
  }
  return {
    meanJctS: jcts.reduce((sum, jct) => sum + jct, 0) / jcts.length,
    makespanS,
    p99JctS: quantile(jcts, 0.99),
  }
}
