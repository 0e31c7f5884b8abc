import { Notification } from '@jupyterlab/apputils'
import {
  cardError,
  createOutbox,
  isAway,
  NovaBrainError,
  sendJob,
  type Delivery,
  type KeptSubmission,
  type Outbox,
} from '@novabrain/contracts'
import type { CommandContext } from '../commands/context.js'
import { commandIds } from '../commands/ids.js'
import { localeOf } from '../locale.js'
import type { Live } from '../live/live.js'
import { browserStore } from './kept.js'

/** The surroundings that delivery needs; a part of those of commands. */
export type DeliveryContext = Pick<CommandContext, 'app' | 'trans' | 'translator'>

let outbox: Outbox | null = null

/** The one outbox of the page. */
export const outboxOf = ({ app }: DeliveryContext): Outbox =>
  (outbox ??= createOutbox(browserStore(app.serviceManager.serverSettings.baseUrl)))

/** Send what was kept while the server was away, now that it answers. */
export const deliverKept = (context: DeliveryContext, live: Live): Promise<void> =>
  outboxOf(context).flush((kept) => deliver(context, live, kept))

const deliver = async (context: DeliveryContext, live: Live, kept: KeptSubmission): Promise<Delivery> => {
  const { trans, app, translator } = context
  try {
    const { client } = live
    const job = await sendJob({ client, ...kept, host: noInterpreter })
    Notification.success(trans.__('#%1 %2 was kept and has now been sent.', job.number, job.name.slice(0, 80)), {
      autoClose: 8000,
      actions: [
        {
          label: trans.__('Open'),
          callback: () => void app.commands.execute(commandIds.openRun, { runId: job.runId }),
        },
      ],
    })
    return 'sent'
  } catch (error) {
    if (isAway(error) || (error instanceof NovaBrainError && error.status === 401)) return 'away'
    const name = kept.request.name ?? kept.path
    Notification.error(`${name}: ${cardError(error, localeOf(translator)).message}`, { autoClose: 15_000 })
    return 'refused'
  }
}

/** What is kept carries its bytes; the kernel it came from may be gone. */
const noInterpreter = {
  run: (): Promise<string> => Promise.reject(new NovaBrainError('python_not_found')),
  sha256: (): Promise<string> => Promise.reject(new NovaBrainError('python_not_found')),
}
