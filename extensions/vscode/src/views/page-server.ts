import { NovaBrainError, UnreachableError, type Unsubscribe } from '@novabrain/contracts'
import { pageRoutes, type Fault, type FromPage, type PageTarget, type ToPage } from '../bridge.js'
import type { App } from '../app.js'
import { submitMemory } from '../capture/memory.js'
import type { Live, SessionState } from '../session.js'

/** A webview as the extension host sees it. */
export interface Page {
  post(message: ToPage): void
  onMessage(listener: (message: FromPage) => void): Unsubscribe
  setTitle(title: string): void
}

const layoutKey = 'layout'

/**
 * Serve one webview: it asks for routes by name, this asks the server, and events are passed on. A page can ask only for
 * its own project and only for what `pageRoutes` lists, so a script that got into it reaches nothing else.
 */
export const servePage = (
  app: App,
  page: Page,
  first: PageTarget,
): { readonly dispose: Unsubscribe; readonly target: () => PageTarget } => {
  const { session } = app
  let target = first
  let live: Live | null = null
  let started = false
  const subscriptions = new Map<number, Unsubscribe>()
  let endConnection: Unsubscribe = () => undefined

  const endLive = () => {
    for (const end of subscriptions.values()) end()
    subscriptions.clear()
    endConnection()
    endConnection = () => undefined
    live = null
  }
  const begin = (state: SessionState) => {
    endLive()
    if (!started) return
    if (state.kind !== 'signed_in') return page.post(absenceOf(app, state))
    live = state.live
    endConnection = live.stream.onConnection((connection) => page.post({ type: 'connection', connection }))
    page.post({ type: 'start', start: startOf(app, live, target) })
    void nameOf(live, target).then((name) => (name === null ? undefined : page.setTitle(name)))
  }
  const hear = (message: FromPage): unknown => {
    switch (message.type) {
      case 'ready':
        started = true
        // What the session becomes is heard below; to begin here as well would be twice.
        if (session.state.kind === 'connecting') return session.live()
        return begin(session.state)
      case 'call':
        return call(message)
      case 'subscribe':
        return live === null ? undefined : subscribe(live, message.id, message.topics)
      case 'unsubscribe':
        subscriptions.get(message.id)?.()
        return subscriptions.delete(message.id)
      case 'retry':
        return live === null ? session.restart() : live.stream.retry()
      case 'target':
        return (target = message.target)
      default:
        return perform(app, target, message)
    }
  }
  const call = async ({ id, route, input }: Extract<FromPage, { type: 'call' }>) => {
    try {
      if (live === null) throw new UnreachableError('Signed out')
      if (!pageRoutes.has(route)) throw new Error(`A page may not call ${route}`)
      const ask = live.client[route] as (given: unknown) => Promise<unknown>
      page.post({ type: 'answer', id, value: await ask(inProject(live, input)) })
    } catch (error) {
      page.post({ type: 'fault', id, fault: faultOf(error) })
    }
  }
  const subscribe = (now: Live, id: number, topics: readonly string[]) => {
    const tell = (message: Extract<ToPage, { type: 'live' }>['message']) => page.post({ type: 'live', id, message })
    subscriptions.set(id, now.stream.subscribe(topics, tell))
  }

  const ends = [page.onMessage((message) => void hear(message)), session.onChange(begin)]
  return {
    target: () => target,
    dispose() {
      endLive()
      for (const end of ends) end()
    },
  }
}

/** Whatever project a page names, it gets its own. */
const inProject = (live: Live, input: unknown): unknown => {
  const given = typeof input === 'object' && input !== null ? (input as { params?: Record<string, unknown> }) : {}
  if (given.params === undefined || !('projectId' in given.params)) return given
  return { ...given, params: { ...given.params, projectId: live.projectId } }
}

const startOf = ({ editor }: App, live: Live, target: PageTarget) => ({
  target,
  projectId: live.projectId,
  role: live.role,
  locale: editor.locale,
  connection: live.stream.connection,
  layout: editor.memory.get<Record<string, string>>('user', layoutKey) ?? {},
  canPullOutputs: true,
})

const absenceOf = ({ editor, session }: App, state: SessionState): ToPage =>
  state.kind === 'unreachable' || state.kind === 'connecting'
    ? {
        type: 'absent',
        heading: editor.t('The server cannot be reached'),
        text: editor.t('{0} does not answer. It may be restarting, or the network is down.', session.serverUrl),
        button: editor.t('Try again'),
      }
    : {
        type: 'absent',
        heading: editor.t('Signed out'),
        text: editor.t('Sign in to {0} to see this page.', session.serverUrl),
        button: editor.t('Sign in'),
      }

const nameOf = async (live: Live, target: PageTarget): Promise<string | null> => {
  if (target.kind !== 'run') return null
  const known = [...live.jobs.state.view.jobs.values()].find(
    ({ id, runId }) => id === target.jobId || runId === target.runId,
  )
  if (known !== undefined) return `#${known.number} ${known.name}`
  const params = { projectId: live.projectId }
  if (target.runId === undefined) return null
  return live.client.getRun({ params: { ...params, runId: target.runId } }).then(
    ({ name, job }) => (job === null ? name : `#${String(job.number)} ${name}`),
    () => null,
  )
}

const perform = (
  app: App,
  target: PageTarget,
  message: Exclude<FromPage, { type: 'ready' | 'call' | 'subscribe' | 'unsubscribe' | 'retry' | 'target' }>,
): unknown => {
  const { editor } = app
  switch (message.type) {
    case 'open':
      return editor.run('novabrain.openRun', message.target, message.tab)
    case 'open_model':
      return app.panels.openModel(message.target)
    case 'open_file':
      return openFile(app, target, message.path, message.line)
    case 'open_docs':
      return message.path.startsWith('/docs/') ? editor.openExternal(app.session.serverUrl + message.path) : undefined
    case 'notify':
      return editor.tell(message.kind, message.message)
    case 'persist':
      return editor.memory.set('user', layoutKey, {
        ...editor.memory.get<Record<string, string>>('user', layoutKey),
        [message.key]: message.value,
      })
    case 'copy':
      return editor.copy(message.text)
    case 'save':
      return editor.saveFile(message.name, message.bytes)
    case 'restore_environment':
      return editor.run('novabrain.restoreEnvironment', { pinDigest: message.pinDigest })
    case 'pull_outputs':
      return editor.run('novabrain.pullOutputs', { subject: { jobId: message.jobId, runId: '' } })
    case 'painted':
      return app.panels.painted(message.afterMs)
  }
}

/** A job knows its files from the folder of its entrypoint; only files inside the workspace are opened. */
const openFile = async ({ editor }: App, target: PageTarget, path: string, line: number | undefined): Promise<void> => {
  if (path.includes('..') || path.startsWith('/') || path.includes('\\'))
    return void (await editor.tell('warning', editor.t('{0} is not in this workspace.', path)))
  const runId = target.kind === 'run' ? (target.runId ?? '') : ''
  const own = submitMemory(editor.memory).folderOf(runId)
  for (const folder of own === null ? editor.folders : [own, ...editor.folders]) {
    const opened = await editor.openFile(`${folder}/${path}`, line).then(
      () => true,
      () => false,
    )
    if (opened) return
  }
  await editor.tell('warning', editor.t('{0} is not in this workspace.', path))
}

const faultOf = (error: unknown): Fault => {
  if (error instanceof NovaBrainError)
    return { kind: 'catalogue', code: error.code, data: error.data, body: error.body }
  if (error instanceof UnreachableError) return { kind: 'unreachable' }
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) }
}
