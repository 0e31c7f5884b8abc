import type { Job } from '../schema/job.js'

/** A job that ended and is worth a word. */
export interface Notice {
  readonly job: Job
  readonly kind: 'succeeded' | 'failed'
}

/** How the user wants to hear of ends. */
export type NoticeLevel = 'ends' | 'failures' | 'never'

/** Runs shorter than this are watched anyway; their success needs no word. */
export const quietBelowMs = 60_000
/** At most one message in this time; what ends meanwhile is told together. */
export const noticeWindowMs = 30_000

/**
 * Which of the jobs that changed deserve a message: those that failed, and those that succeeded after more than a minute
 * while nobody looked at them. Only jobs seen at work before: a list read at start is old news. Cancelled ones were the
 * user's own doing.
 */
export const noticesOf = (
  before: ReadonlyMap<string, Job>,
  after: ReadonlyMap<string, Job>,
  watched: (job: Job) => boolean,
  level: NoticeLevel,
): Notice[] =>
  level === 'never'
    ? []
    : [...after.values()].flatMap((job): Notice[] => {
        const known = before.get(job.id)
        if (known === undefined || known.status === job.status || watched(job)) return []
        if (job.status === 'failed') return [{ job, kind: 'failed' }]
        return level === 'ends' && job.status === 'succeeded' && tookMs(job) > quietBelowMs
          ? [{ job, kind: 'succeeded' }]
          : []
      })

/** Notebooks whose run has just ended with outputs: seen at work before, and not cancelled. */
export const endedNotebooks = (before: ReadonlyMap<string, Job>, after: ReadonlyMap<string, Job>): Job[] =>
  [...after.values()].filter((job) => {
    const known = before.get(job.id)
    const ended = job.status === 'succeeded' || job.status === 'failed'
    return known !== undefined && known.status !== job.status && ended && job.task.kind === 'notebook'
  })

const tookMs = (job: Job): number =>
  job.endedAt === null ? 0 : Date.parse(job.endedAt) - Date.parse(job.startedAt ?? job.submittedAt)

/** Something that gathers notices and tells them together, at most once in a window. */
export interface Digest {
  add(notices: readonly Notice[]): void
}

/** Gather notices: the first is told at once, those of the following window together at its end. */
export const createDigest = (
  tell: (notices: readonly Notice[]) => void,
  after: (delayMs: number, callback: () => void) => void,
): Digest => {
  let waiting: Notice[] = []
  let closed = false
  const open = () => {
    closed = false
    if (waiting.length === 0) return
    const told = waiting
    waiting = []
    say(told)
  }
  const say = (notices: readonly Notice[]) => {
    closed = true
    after(noticeWindowMs, open)
    tell(notices)
  }
  return {
    add(notices) {
      if (notices.length === 0) return
      if (closed) waiting.push(...notices)
      else say(notices)
    },
  }
}
