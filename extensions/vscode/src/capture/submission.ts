import { createSubmission, type Source, type Submission } from '@novabrain/contracts'
import type { App } from '../app.js'
import type { Live } from '../session.js'
import { submitMemory } from './memory.js'

/** What differs between submissions here. */
interface SubmissionOptions {
  readonly source: Source
  /** Begin with the devices that were chosen the last time. */
  readonly asLastTime: boolean
  /** Called after each change of the draft or of the progress. */
  changed(): void
}

/** A submission of this editor: a window that is closed in the middle of it sends it once, when it is back. */
export const submissionOf = (
  { editor, platform, outbox }: App,
  { client, projectId }: Live,
  { source, asLastTime, changed }: SubmissionOptions,
): Submission => {
  const memory = submitMemory(editor.memory)
  return createSubmission({
    client,
    projectId,
    source,
    locale: editor.locale,
    lastChoice: asLastTime ? memory.choice() : null,
    lastPin: memory.pinOf(source.path),
    known: memory.knownOf(source.path),
    nowMs: () => Date.now(),
    newKey: () => platform.randomText(16),
    keep: (kept) => outbox.keep(kept),
    journal: { begin: (kept) => outbox.keep(kept), end: (key) => outbox.drop(key) },
    remember: (learned) => memory.remember(source.path, learned),
    changed,
  })
}
