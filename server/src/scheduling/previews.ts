import { decide } from '@novabrain/scheduler'
import { systemScope, type Clock, type Deps } from '../deps.js'
import type { Preview } from '../modules/jobs/planner.js'
import { admissionsOf } from './admission-book.js'
import { readCluster, snapshotOf } from './cluster.js'
import type { DemandBook } from './demand-book.js'
import type { PolicyBook } from './policy-book.js'
import { previewOn, type PreviewQuestion } from './preview.js'
import type { RunTimeBook } from './run-time-book.js'
import type { StartBook } from './start-book.js'

/** Answers what would happen to a job now. */
export type AnswerPreview = (question: PreviewQuestion) => Promise<Preview>

/** What would happen to jobs. */
export interface Previews {
  readonly ask: AnswerPreview
  /** The loop that is at work here answers from now on, since it knows the cluster; with `null` nobody does. */
  answeredBy(answer: AnswerPreview | null): void
}

interface PreviewsDeps extends Pick<Deps, 'database' | 'log'> {
  readonly clock: Clock
  readonly policies: PolicyBook
  readonly demand: DemandBook
  readonly runTimes: RunTimeBook
  readonly starts: StartBook
}

/** Makes previews. Where no loop answers the whole cluster is read for the question. */
export const createPreviews = ({
  clock,
  database,
  log,
  policies,
  demand,
  runTimes,
  starts,
}: PreviewsDeps): Previews => {
  let answer: AnswerPreview | null = null
  const readAll: AnswerPreview = (question) =>
    database.transaction(systemScope, async (tx) => {
      const rows = await readCluster(tx)
      const policy = await policies.read(tx)
      const nowMs = clock.nowMs()
      const known = { demand: await demand.read(tx), foresee: await runTimes.read(tx) }
      const snapshot = snapshotOf(rows, nowMs, { ...known, admit: admissionsOf(rows, policy).admit })
      const grounds = { rows, snapshot, policy, correction: await starts.read(tx), nowMs }
      return previewOn(grounds, question, (seen, atMs) => decide(seen, policy, atMs))
    })
  return {
    async ask(question) {
      try {
        if (answer !== null) return await answer(question)
      } catch (error) {
        log.warn({ err: error }, 'the scheduler could not say what would happen to a job; reading the cluster for it')
      }
      return readAll(question)
    },
    answeredBy(given) {
      answer = given
    },
  }
}
