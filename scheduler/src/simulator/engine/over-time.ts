import type { OverTime } from './result.js'

const mostSteps = 512
const firstStepMs = 60_000

/** Keeps what the cluster did over time in bounded space: when the steps run out, two become one. */
export interface Recorder {
  /** From `atMs` on so many devices are in use and so many jobs wait. Times never go back. */
  change(atMs: number, devices: number, queued: number): void
  end(atMs: number): OverTime
}

/** Opens a recorder that begins at a time. */
export const openRecorder = (startMs: number): Recorder => {
  let stepMs = firstStepMs
  let devices: number[] = []
  let queued: number[] = []
  let now = { atMs: startMs, devices: 0, queued: 0 }
  const halve = (sums: readonly number[]): number[] =>
    Array.from({ length: Math.ceil(sums.length / 2) }, (_, at) => (sums[2 * at] ?? 0) + (sums[2 * at + 1] ?? 0))
  const book = (untilMs: number): void => {
    while (now.atMs < untilMs) {
      const step = Math.floor((now.atMs - startMs) / stepMs)
      if (step >= mostSteps) {
        stepMs *= 2
        devices = halve(devices)
        queued = halve(queued)
        continue
      }
      const endMs = Math.min(untilMs, startMs + (step + 1) * stepMs)
      devices[step] = (devices[step] ?? 0) + now.devices * (endMs - now.atMs)
      queued[step] = (queued[step] ?? 0) + now.queued * (endMs - now.atMs)
      now = { ...now, atMs: endMs }
    }
  }
  return {
    change(atMs, devicesNow, queuedNow) {
      book(atMs)
      now = { atMs: now.atMs, devices: devicesNow, queued: queuedNow }
    },
    end(atMs) {
      book(atMs)
      const mean = (sums: readonly number[]): number[] => sums.map((sum) => Math.round((100 * sum) / stepMs) / 100)
      return { startMs, stepMs, devices: mean(devices), queued: mean(queued) }
    },
  }
}
