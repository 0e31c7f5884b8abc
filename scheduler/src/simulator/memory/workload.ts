import { openRandom, type Random } from '../random.js'

/** How a job's use of device memory goes, and what is known of it beforehand. */
export type MemoryKind =
  /** Runs of a few programs, over and over, with a spread of a few per cent; it asks for what it takes and a tenth. */
  | 'known'
  /** A program that runs once; it asks for what it takes and a tenth. */
  | 'unknown'
  /** Takes more and more, up to three times of what it began with and asks for. */
  | 'growing'
  /** Asks for a quarter of what it takes. */
  | 'lying'
  /** Goes by the name of a known program and takes up to three times as much: a batch size was changed. */
  | 'changed'

/** One job of the fault injection. It asks for a share of one device. */
export interface MemoryJob {
  readonly id: string
  readonly kind: MemoryKind
  /** What like jobs have in common. */
  readonly name: string
  readonly submitMs: number
  /** Alone and undisturbed. */
  readonly runMs: number
  /** What it asks, and can make use of, of a device's computing, thousandths. */
  readonly gpuMilli: number
  /** What it asks of a device's memory, MiB. */
  readonly askedMib: number
  /** What it takes from a part of its work on (thousandths of `runMs`), ascending; the first from 0. */
  readonly steps: readonly { readonly atPermille: number; readonly mib: number }[]
}

/** The greatest of its steps. */
export const peakOf = ({ steps }: Pick<MemoryJob, 'steps'>): number => Math.max(...steps.map(({ mib }) => mib))

export interface WorkloadOptions {
  readonly jobs: number
  readonly seed: number
  readonly devices: number
  readonly deviceMib: number
  /** Demand if every job had a device of its own, thousandths of the devices. */
  readonly loadPermille: number
}

interface Program {
  readonly name: string
  readonly mib: number
  readonly spread: number
  readonly gpuMilli: number
}

const meanRunMs = 20 * 60_000
const programs = 24
const mixPermille: readonly (readonly [MemoryKind, number])[] = [
  ['known', 550],
  ['unknown', 150],
  ['growing', 150],
  ['lying', 100],
  ['changed', 50],
]

/** Between two bounds, small values as often as large ones when halved and doubled. */
const logUniform = (random: Random, least: number, most: number): number =>
  Math.round(least * Math.exp(random.next() * Math.log(most / least)))

const programOf = (random: Random, name: string): Program => ({
  name,
  mib: logUniform(random, 5000, 50_000),
  spread: 0.02 + 0.08 * random.next(),
  gpuMilli: [200, 250, 300, 400, 500][random.below(5)] ?? 250,
})

const kindOf = (random: Random): MemoryKind => {
  let left = random.below(1000)
  for (const [kind, part] of mixPermille) {
    if (left < part) return kind
    left -= part
  }
  return 'known'
}

/** A ramp to the peak while it starts, then flat; a tenth of the work each. */
const flat = (peakMib: number): MemoryJob['steps'] => [
  { atPermille: 0, mib: Math.round(peakMib / 5) },
  { atPermille: 20, mib: Math.round(peakMib / 2) },
  { atPermille: 50, mib: peakMib },
]

const growing = (fromMib: number, toMib: number): MemoryJob['steps'] =>
  Array.from({ length: 10 }, (_, at) => ({
    atPermille: 100 * at,
    mib: Math.round(fromMib + ((toMib - fromMib) * at) / 9),
  }))

/** Makes the jobs of a seed: equal options give equal jobs. */
export const memoryWorkload = ({ jobs, seed, devices, deviceMib, loadPermille }: WorkloadOptions): MemoryJob[] => {
  const random = openRandom(seed)
  const group = (prefix: string): Program[] =>
    Array.from({ length: programs }, (_, at) => programOf(random, `${prefix}-${at}`))
  const groups = { known: group('known'), growing: group('growing'), lying: group('lying') }
  const most = Math.floor(deviceMib * 0.95)
  const gapMs = (meanRunMs * 1000) / (devices * loadPermille)
  const pick = (from: readonly Program[]): Program =>
    from[Math.floor(from.length * random.next() ** 2)] ?? programOf(random, 'known-0')
  let atMs = 0
  return Array.from({ length: jobs }, (_, at): MemoryJob => {
    atMs += -Math.log(1 - random.next()) * gapMs
    const kind = kindOf(random)
    const program =
      kind === 'unknown' ? programOf(random, `once-${at}`) : pick(kind === 'changed' ? groups.known : groups[kind])
    const usual = Math.min(most, Math.max(1000, Math.round(program.mib * (1 + program.spread * random.normal()))))
    const peakMib = kind === 'changed' ? Math.min(most, Math.round(usual * (1.5 + 1.5 * random.next()))) : usual
    const honest = Math.ceil(program.mib * 1.1)
    const asked = { known: honest, unknown: honest, changed: honest, growing: peakMib / 3, lying: program.mib / 4 }
    return {
      id: `job-${String(at).padStart(6, '0')}`,
      kind,
      name: program.name,
      submitMs: Math.round(atMs),
      runMs: Math.max(60_000, Math.round(meanRunMs * Math.exp(random.normal() - 0.5))),
      gpuMilli: program.gpuMilli,
      askedMib: Math.min(most, Math.ceil(asked[kind])),
      steps: kind === 'growing' ? growing(Math.ceil(peakMib / 3), peakMib) : flat(peakMib),
    }
  })
}
