import type { LiveMessage, Node, Unsubscribe } from '@novabrain/contracts'
import type { App } from '../app.js'
import type { Live, SessionState } from '../session.js'
import { teamRows, type Queue } from './team-rows.js'
import type { TreeSource } from './tree.js'

/** Changes of nodes and of the queue that come together are read once. */
const readPauseMs = 500

/** What changes no device and nobody's place in the queue. */
const elsewhere: ReadonlySet<string> = new Set(['run_changed', 'model_changed'])

/** Devices, waiting jobs and people, for those who lead. It is read while it is seen, when something moved. */
export const createTeamList = ({
  editor,
  session,
}: App): TreeSource & { refresh(): Promise<void>; dispose(): void } => {
  const listeners = new Set<() => void>()
  let seen = false
  let known: { readonly nodes: readonly Node[]; readonly queue: Queue } | null = null
  let fault: unknown = null
  let ends: readonly Unsubscribe[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  const liveOf = (): Live | null => (session.state.kind === 'signed_in' ? session.state.live : null)
  const read = async () => {
    const live = liveOf()
    if (live === null || !seen) return
    try {
      const [nodes, queue] = await Promise.all([
        live.client.listNodes(),
        live.client.listQueueEntries({ params: { projectId: live.projectId } }),
      ])
      known = { nodes: nodes.items, queue }
      fault = null
    } catch (error) {
      fault = error
    }
    for (const tell of [...listeners]) tell()
  }
  const readSoon = () => {
    if (!seen || timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      void read()
    }, readPauseMs)
  }
  const hear = (message: LiveMessage) => {
    const moved = message.type === 'event' && !elsewhere.has(message.record.event.type)
    if (moved || message.type === 'reset' || (message.type === 'hint' && message.hint.type === 'queue')) readSoon()
  }
  const follow = (state: SessionState) => {
    for (const end of ends) end()
    const lead = state.kind === 'signed_in' && (state.live.role === 'admin' || state.live.role === 'owner')
    editor.context('novabrain.lead', lead)
    ends = state.kind === 'signed_in' && lead && seen ? [state.live.stream.subscribe(['queue'], hear)] : []
    known = null
    if (lead) void read()
  }
  const endSession = session.onChange(follow)

  return {
    rows() {
      if (known !== null) return teamRows(editor, known.nodes, known.queue)
      return fault === null ? [] : [{ id: 'fault', label: editor.t('The server does not answer'), icon: 'warning' }]
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    visible(now) {
      seen = now
      follow(session.state)
    },
    refresh: read,
    dispose() {
      clearTimeout(timer)
      endSession()
      for (const end of ends) end()
      listeners.clear()
    },
  }
}
