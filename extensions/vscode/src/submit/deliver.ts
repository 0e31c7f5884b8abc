import { cardError, isAway, NovaBrainError, sendJob, type Delivery, type KeptSubmission } from '@novabrain/contracts'
import path from 'node:path'
import type { App } from '../app.js'
import { interpreterFor } from '../capture/source.js'
import type { Live } from '../session.js'

/** Send what was kept: while the server was away, or because the window was closed in the middle of a submit. */
export const deliverKept = (app: App, live: Live): Promise<void> => app.outbox.flush((kept) => deliver(app, live, kept))

const deliver = async (app: App, live: Live, kept: KeptSubmission): Promise<Delivery> => {
  const { editor, platform } = app
  if (kept.projectId !== live.projectId) return 'elsewhere'
  try {
    const interpreter = await interpreterFor(app, kept.path)
    const host = platform.python(interpreter, path.dirname(kept.path))
    if (host === null) return 'away'
    const job = await sendJob({ client: live.client, ...kept, host })
    const open = editor.t('Open')
    const words = editor.t('#{0} {1} was kept and has now been sent.', job.number, job.name.slice(0, 80))
    void editor
      .tell('information', words, open)
      .then((chosen) => (chosen === open ? app.panels.openRun({ runId: job.runId }) : undefined))
    return 'sent'
  } catch (error) {
    if (isAway(error) || (error instanceof NovaBrainError && error.status === 401)) return 'away'
    void editor.tell('error', `${kept.request.name ?? kept.path}: ${cardError(error, editor.locale).message}`)
    return 'refused'
  }
}
