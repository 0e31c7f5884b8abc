import type { Client, Role, Stream } from '@novabrain/contracts'
import { stringsOf, type Host, type ModelTarget, type RunTab } from '@novabrain/ui'
import { serverUrl } from './connection.js'
import type { Preferences } from './preferences.js'
import { hashOf, type Page } from './router.js'

/** What the host of the web app is made of. */
export interface WebHostParts {
  readonly client: Client
  readonly stream: Stream
  readonly projectId: string
  readonly role: Role
  readonly preferences: Preferences
  readonly notify: Host['notify']
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2, owner: 3 }

/** The web app as a face for the elements. */
export const webHost = ({ client, stream, projectId, role, preferences, notify }: WebHostParts): Host => {
  const go = (page: Page) => void (location.hash = hashOf(page))
  return {
    client,
    projectId,
    events: stream,
    theme: preferences.theme,
    locale: () => preferences.locale,
    now: () => Date.now(),
    can: (wanted) => ranks[role] >= ranks[wanted],
    openRun: (runId: string, tab: RunTab = 'overview') => go({ name: 'run', runId, tab }),
    openJob: (jobId: string, tab: RunTab = 'overview') => go({ name: 'job', jobId, tab }),
    openTrace: (traceId) => go({ name: 'trace', traceId }),
    openModel: (target) => go(pageOfModel(target)),
    openFile: () => notify(stringsOf(preferences.locale).web.fileOnlyInRun, 'information'),
    openDocs: (path) => void window.open(serverUrl() + path, '_blank', 'noopener'),
    notify,
    persist: (key, value) => preferences.write(`layout:${key}`, value),
    restore: (key) => preferences.read(`layout:${key}`),
    copyText,
    saveFile,
  }
}

const pageOfModel = (target: ModelTarget): Page => {
  switch (target.kind) {
    case 'models':
      return { name: 'models' }
    case 'model':
      return { name: 'model', modelName: target.name }
    case 'version':
      return { name: 'version', modelName: target.name, version: target.version }
  }
}

/** The clipboard belongs to secure pages; on plain http a selected field is copied the old way. */
const copyText = async (text: string): Promise<void> => {
  if (window.isSecureContext) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

const saveFile = async (name: string, bytes: Uint8Array): Promise<void> => {
  const address = URL.createObjectURL(new Blob([new Uint8Array(bytes)]))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
