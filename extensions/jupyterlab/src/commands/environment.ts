import { Notification } from '@jupyterlab/apputils'
import { URLExt } from '@jupyterlab/coreutils'
import { ServerConnection } from '@jupyterlab/services'
import {
  captureEnvironment,
  cardError,
  isErrorCode,
  NovaBrainError,
  pinEnvironment,
  type ErrorData,
  sentences,
} from '@novabrain/contracts'
import { kernelHost } from '../capture/ask-environment.js'
import { localeOf } from '../locale.js'
import type { Arguments } from '../plugins/commands.js'
import type { CommandContext } from './context.js'
import { notebookOf } from './targets.js'

/** Pin the environment of the kernel, and write the digest into the notebook, so that others see what it was made with. */
export const pin = async (context: CommandContext, args: Arguments): Promise<unknown> => {
  const panel = notebookOf(context, args['path'])
  const live = await context.session.live()
  if (panel === null || live === null) return null
  const { trans, translator } = context
  try {
    const { capture, captureDigest } = await captureEnvironment(kernelHost(panel))
    const result = await pinEnvironment(live.client, live.projectId, { capture, captureDigest })
    if (result.status === 'conflict') {
      const [first] = result.conflicts
      Notification.error(
        trans.__(
          'Not pinned: %1 and %2 cannot be installed together.',
          first?.left.requirement,
          first?.right.requirement,
        ),
        { autoClose: 15_000 },
      )
      return null
    }
    const { digest, pythonVersion, packages } = result.pin
    const versions = Object.fromEntries(capture.distributions.map((d) => [d.name, d.version]))
    context.environments.pinned(panel.context.path, { digest, captureDigest, pythonVersion, versions })
    panel.context.model.setMetadata('novabrain', { environment: digest })
    Notification.success(trans.__('Pinned: Python %1 and %2 packages.', pythonVersion, packages.length), {
      autoClose: 5000,
    })
    return digest
  } catch (error) {
    Notification.error(cardError(error, localeOf(translator)).message, { autoClose: 15_000 })
    return null
  }
}

/** Recreate an environment on the Jupyter host and make a kernel of it. */
export const restore = async (context: CommandContext, args: Arguments): Promise<unknown> => {
  const panel = notebookOf(context)
  const live = await context.session.live()
  const digest = wantedDigest(context, args, panel)
  if (live === null || digest === null) return null
  const { trans, app } = context
  const settings = app.serviceManager.serverSettings
  const work = ServerConnection.makeRequest(
    URLExt.join(settings.baseUrl, 'novabrain', 'environments', digest),
    { method: 'PUT', body: JSON.stringify({ projectId: live.projectId }) },
    settings,
  ).then(async (answer) => {
    if (!answer.ok) throw await reasonOf(answer)
    const { kernelName } = (await answer.json()) as { kernelName: string }
    await app.serviceManager.kernelspecs.refreshSpecs()
    if (panel !== null) await panel.sessionContext.changeKernel({ name: kernelName })
    return kernelName
  })
  Notification.promise(work, {
    pending: { message: trans.__('Recreating the environment …') },
    success: { message: () => trans.__('The environment is back, and is a kernel now.'), options: { autoClose: 8000 } },
    error: {
      message: (reason) => {
        const locale = localeOf(context.translator)
        const { message, remedy } = cardError(reason, locale)
        const parts =
          remedy === null ? [trans.__('The environment could not be recreated.'), message] : [message, remedy]
        return sentences(parts, locale)
      },
    },
  })
  return work.catch(() => null)
}

const wantedDigest = (
  context: CommandContext,
  { pinDigest }: Arguments,
  panel: ReturnType<typeof notebookOf>,
): string | null => {
  if (typeof pinDigest === 'string') return pinDigest
  if (panel === null) return null
  const noted: unknown = panel.context.model.getMetadata('novabrain')?.environment
  return context.environments.lastPin(panel.context.path)?.digest ?? (typeof noted === 'string' ? noted : null)
}

const reasonOf = async (answer: Response): Promise<Error> => {
  const body = (await answer.json().catch(() => null)) as { message?: string; code?: string; data?: ErrorData } | null
  const { code = '', data = {}, message = answer.statusText } = body ?? {}
  return isErrorCode(code) ? new NovaBrainError(code, data) : new Error(message)
}
