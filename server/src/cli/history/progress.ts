import { formatBytes, formatDuration } from '../output.js'

/** What has been done so far. */
export interface Done {
  runs: number
  points: number
  artifacts: number
  bytes: number
  traces: number
}

/** What of a whole is done, for the bar. */
export interface Progress {
  readonly done: Done
  /** Known once the source was looked through; 0 before. */
  totalRuns: number
  /** Say what is being done now. */
  phase(text: string): void
  /** Something was done. */
  tick(): void
  /** Leave the line free for what is printed next. */
  end(): void
}

export interface ProgressOptions {
  /** A terminal that can write over a line; else a line now and then. */
  readonly live: boolean
  readonly columns: () => number
  readonly write: (text: string) => void
  readonly nowMs: () => number
  readonly words: ProgressWords
}

export interface ProgressWords {
  runs(done: number, total: number): string
  points(count: number): string
  files(count: number, bytes: string): string
  traces(count: number): string
  left(duration: string): string
}

const liveEveryMs = 100
const lineEveryMs = 10_000

/** A bar on a terminal, and elsewhere (a log, a pipe) a plain line every ten seconds. */
export const createProgress = (options: ProgressOptions): Progress => {
  const done: Done = { runs: 0, points: 0, artifacts: 0, bytes: 0, traces: 0 }
  const startedMs = options.nowMs()
  const everyMs = options.live ? liveEveryMs : lineEveryMs
  let saidMs = options.nowMs()
  let said = ''

  const show = (text: string) => {
    saidMs = options.nowMs()
    if (text === said) return
    said = text
    options.write(options.live ? `\r\u001b[2K${cut(text, options.columns())}` : `${text}\n`)
  }
  const progress: Progress = {
    done,
    totalRuns: 0,
    phase: (text) => show(text),
    tick() {
      if (options.nowMs() - saidMs >= everyMs)
        show(progressLine(done, { totalRuns: progress.totalRuns, tookMs: options.nowMs() - startedMs }, options))
    },
    end() {
      if (options.live && said !== '') options.write('\r\u001b[2K')
      said = ''
    },
  }
  return progress
}

/** One line: a bar, how many, how fast, how long still. */
export const progressLine = (
  done: Done,
  { totalRuns, tookMs }: { totalRuns: number; tookMs: number },
  { words, live }: Pick<ProgressOptions, 'words' | 'live'>,
): string => {
  const seconds = Math.max(tookMs, 1) / 1000
  const share = totalRuns === 0 ? 0 : Math.min(done.runs / totalRuns, 1)
  const rate =
    done.bytes > done.points * 100
      ? `${formatBytes(done.bytes / seconds)}/s`
      : words.points(Math.round(done.points / seconds)) + '/s'
  const parts = [
    `${live ? bar(share) : ''}${String(Math.floor(share * 100)).padStart(3)} %`,
    words.runs(done.runs, totalRuns),
    words.points(done.points),
    words.files(done.artifacts, formatBytes(done.bytes)),
    ...(done.traces === 0 ? [] : [words.traces(done.traces)]),
    rate,
  ]
  const leftMs = share > 0 && share < 1 ? (tookMs / share) * (1 - share) : null
  return [...parts, ...(leftMs === null ? [] : [words.left(formatDuration(leftMs))])].join(' · ')
}

const barWidth = 20
const bar = (share: number): string => {
  const full = Math.round(share * barWidth)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} `
}

const cut = (text: string, columns: number): string => {
  const characters = [...text]
  return characters.length < columns ? text : characters.slice(0, Math.max(columns - 2, 10)).join('') + '…'
}
