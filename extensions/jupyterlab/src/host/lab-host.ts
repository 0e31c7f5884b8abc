import type { JupyterFrontEnd } from '@jupyterlab/application'
import { Notification } from '@jupyterlab/apputils'
import { DocumentWidget } from '@jupyterlab/docregistry'
import type { ITranslator } from '@jupyterlab/translation'
import type { Client, Role, Stream } from '@novabrain/contracts'
import type { Host, ThemeKind, ThemeSignal } from '@novabrain/ui'
import { commandIds } from '../commands/ids.js'
import { localeOf } from '../locale.js'
import type { Transport } from './transport.js'

/** The parts of JupyterLab that a host speaks to. */
export interface LabSurroundings {
  readonly app: JupyterFrontEnd
  readonly translator: ITranslator
}

interface Signed {
  readonly client: Client
  readonly stream: Stream
  readonly projectId: string
  readonly role: Role
  readonly transport: Transport
}

const ranks: readonly Role[] = ['viewer', 'editor', 'admin', 'owner']

/** JupyterLab as the elements see it. What they ask for becomes a command, so that everything has one way in. */
export const createLabHost = (signed: Signed, { app, translator }: LabSurroundings): Host => {
  const { commands } = app
  const trans = translator.load('novabrain_jupyterlab')
  return {
    client: signed.client,
    projectId: signed.projectId,
    events: signed.stream,
    theme: labTheme,
    locale: () => localeOf(translator),
    now: () => Date.now(),
    can: (role) => ranks.indexOf(signed.role) >= ranks.indexOf(role),
    openRun: (runId, tab) => void commands.execute(commandIds.openRun, { runId, ...(tab && { tab }) }),
    openJob: (jobId, tab) => void commands.execute(commandIds.openRun, { jobId, ...(tab && { tab }) }),
    openModel: ({ kind: _kind, ...page }) => void commands.execute(commandIds.openModel, page),
    openFile: (path) => void commands.execute('docmanager:open', { path: openPath(app, path) }),
    openDocs: (path) => void window.open(signed.transport.serverUrl + path, '_blank', 'noopener'),
    notify: (message, kind) =>
      void Notification.emit(message, kind === 'information' ? 'info' : kind, { autoClose: 5000 }),
    persist: (key, value) => layout.set(key, value),
    restore: (key) => layout.get(key) ?? null,
    copyText: (text) => navigator.clipboard.writeText(text),
    saveFile: async (name, bytes) => saveAs(name, bytes),
    jobActions: (job) =>
      job.task.kind === 'notebook' && (job.status === 'succeeded' || job.status === 'failed')
        ? [
            {
              id: 'pull-outputs',
              label: trans.__('Bring outputs back'),
              run: () => commands.execute(commandIds.pullOutputs, { jobId: job.id }) as Promise<void>,
            },
          ]
        : [],
    restoreEnvironment: (pinDigest) => void commands.execute(commandIds.restoreEnvironment, { pinDigest }),
  }
}

/** A job knows its files from the folder of its notebook; the one that is open under this name is meant. */
const openPath = ({ shell }: JupyterFrontEnd, path: string): string => {
  const open = [...shell.widgets('main')].flatMap((widget) =>
    widget instanceof DocumentWidget ? [widget.context.path] : [],
  )
  return open.find((each) => each === path || each.endsWith(`/${path}`)) ?? path
}

/** Small pieces of layout (a tab, a width) live as long as the page; what must last longer is JupyterLab's to restore. */
const layout = new Map<string, string>()

/** JupyterLab marks its theme on the body. */
const labTheme: ThemeSignal = {
  get kind(): ThemeKind {
    const { jpThemeLight, jpThemeName } = document.body.dataset
    if (/high contrast/i.test(jpThemeName ?? '')) return 'high-contrast'
    return jpThemeLight === 'false' ? 'dark' : 'light'
  },
  onChange(listener) {
    const observer = new MutationObserver(() => listener())
    observer.observe(document.body, { attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light'] })
    return () => observer.disconnect()
  },
}

const saveAs = (name: string, bytes: Uint8Array): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
