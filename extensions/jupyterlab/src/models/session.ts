import type { JupyterFrontEnd } from '@jupyterlab/application'
import type { ITranslator } from '@jupyterlab/translation'
import { Signal } from '@lumino/signaling'
import { directTransport, findProxy, type Transport } from '../host/transport.js'
import type { ISession, ISettings, SessionState } from '../tokens.js'

interface Surroundings {
  readonly app: JupyterFrontEnd
  readonly settings: ISettings
  readonly translator: ITranslator
}

/** A session that has not begun; see {@link ISession}. The client and its like are loaded when it begins. */
export const createSession = ({ app, settings, translator }: Surroundings): ISession => {
  let state: SessionState = { kind: 'connecting' }
  let way: Promise<Transport> | null = null
  let beginning: Promise<void> | null = null
  const session: ISession = {
    get state() {
      return state
    },
    get changed() {
      return changed
    },
    transport: () => (way ??= findWay()),
    async live() {
      if (state.kind !== 'signed_in') await session.retry()
      return state.kind === 'signed_in' ? state.live : null
    },
    async signIn(token) {
      const transport = await session.transport()
      await transport.keepToken(token)
      const { openLive } = await import('../live/live.js')
      try {
        become({ kind: 'signed_in', serverUrl: transport.serverUrl, live: await openLive(transport, surroundings()) })
      } catch (error) {
        await transport.dropToken()
        throw error
      }
    },
    async signOut() {
      const transport = await session.transport()
      await transport.dropToken()
      become({ kind: 'signed_out', serverUrl: transport.serverUrl })
    },
    retry() {
      if (state.kind === 'signed_in') {
        state.live.stream.retry()
        return Promise.resolve()
      }
      beginning ??= begin().finally(() => (beginning = null))
      return beginning
    },
  }
  const changed = new Signal<ISession, SessionState>(session)
  const surroundings = () => ({ app, translator, settings: settings.current })

  const become = (next: SessionState) => {
    if (state.kind === 'signed_in') state.live.dispose()
    state = next
    changed.emit(next)
  }
  const findWay = async (): Promise<Transport> => {
    const proxy = await findProxy(app.serviceManager.serverSettings).catch(() => null)
    return proxy ?? directTransport(settings.current.serverUrl)
  }
  const begin = async () => {
    const transport = await session.transport()
    const { serverUrl } = transport
    if (!transport.signedIn()) return become({ kind: 'signed_out', serverUrl })
    const { openLive, isRefusal } = await import('../live/live.js')
    try {
      become({ kind: 'signed_in', serverUrl, live: await openLive(transport, surroundings()) })
    } catch (error) {
      become({ kind: isRefusal(error) ? 'signed_out' : 'unreachable', serverUrl })
    }
  }
  settings.changed.connect((_, next) => {
    const moved = state.kind !== 'connecting' && next.serverUrl !== state.serverUrl
    if (moved) void session.transport().then(({ mode }) => (mode === 'direct' ? restart() : undefined))
  })
  const restart = () => {
    way = null
    become({ kind: 'connecting' })
    return session.retry()
  }
  return session
}
