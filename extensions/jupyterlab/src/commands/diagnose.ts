import { Dialog, showDialog } from '@jupyterlab/apputils'
import { Widget } from '@lumino/widgets'
import { captureEnvironment, cardError } from '@novabrain/contracts'
import { kernelHost } from '../capture/ask-environment.js'
import { localeOf } from '../locale.js'
import type { CommandContext } from './context.js'
import { notebookOf } from './targets.js'

interface Finding {
  readonly what: string
  readonly good: boolean
  readonly detail: string
}

/** Check each link of the chain from this page to a running job, and show the first one that is broken. */
export const diagnose = async (context: CommandContext): Promise<void> => {
  const findings = [await way(context), ...(await signIn(context)), ...(await kernel(context))]
  await showDialog({
    title: context.trans.__('Diagnose'),
    body: new Widget({ node: table(findings) }),
    buttons: [Dialog.okButton({ label: context.trans.__('Close') })],
  })
}

const way = async ({ session, trans }: CommandContext): Promise<Finding> => {
  const transport = await session.transport()
  const detail = transport.mode === 'proxied' ? trans.__('through the Jupyter server') : trans.__('direct')
  return { what: trans.__('Way to the server'), good: true, detail: `${transport.serverUrl}, ${detail}` }
}

const signIn = async ({ session, trans, translator }: CommandContext): Promise<Finding[]> => {
  await session.retry()
  const { state } = session
  const what = trans.__('Server and sign-in')
  if (state.kind !== 'signed_in')
    return [{ what, good: false, detail: state.kind === 'signed_out' ? trans.__('signed out') : trans.__('no answer') }]
  const { live } = state
  const started = performance.now()
  try {
    const { items } = await live.client.listNodes()
    const devices = items.flatMap((node) => node.devices).filter((device) => device.kind === 'gpu').length
    return [
      {
        what,
        good: true,
        detail: `${live.me.member.name} · ${live.projectName} · ${Math.round(performance.now() - started)} ms`,
      },
      {
        what: trans.__('Live updates'),
        good: live.stream.connection.state === 'online',
        detail: live.stream.connection.state,
      },
      {
        what: trans.__('Devices'),
        good: items.length > 0,
        detail: trans.__('%1 nodes, %2 GPUs', items.length, devices),
      },
    ]
  } catch (error) {
    return [{ what, good: false, detail: cardError(error, localeOf(translator)).message }]
  }
}

const kernel = async (context: CommandContext): Promise<Finding[]> => {
  const panel = notebookOf(context)
  if (panel === null) return []
  const what = context.trans.__('Kernel of this notebook')
  try {
    const { capture, problems } = await captureEnvironment(kernelHost(panel))
    const detail = `Python ${capture.pythonVersion} · ${context.trans.__('%1 packages', capture.distributions.length)}`
    return [{ what, good: true, detail: [detail, ...problems].join(' · ') }]
  } catch (error) {
    return [{ what, good: false, detail: cardError(error, localeOf(context.translator)).message }]
  }
}

const table = (findings: readonly Finding[]): HTMLElement => {
  const list = document.createElement('dl')
  list.className = 'nb-Diagnose'
  for (const { what, good, detail } of findings) {
    const term = document.createElement('dt')
    term.textContent = `${good ? '✓' : '✗'} ${what}`
    const words = document.createElement('dd')
    words.textContent = detail
    list.append(term, words)
  }
  return list
}
