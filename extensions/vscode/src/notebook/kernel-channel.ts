import type { Socket, Unsubscribe } from '@novabrain/contracts'

/** A message of Jupyter's messaging protocol (5.3) as it stands on the wire. */
export interface KernelWireMessage {
  readonly channel: string
  readonly header: { readonly msg_id: string; readonly msg_type: string }
  readonly parent_header: { readonly msg_id?: string }
  readonly metadata: Readonly<Record<string, unknown>>
  readonly content: Readonly<Record<string, unknown>>
}

/** What comes of a piece of code while it runs. */
export interface CodeSink {
  /** It has begun; its number, as in `In [3]`. */
  started(executionCount: number): void
  /** An output in the form of the notebook file format; `displayId` names one that may be replaced later. */
  output(output: Readonly<Record<string, unknown>>, displayId: string | null): void
  /** An output shown before is replaced. */
  replaced(displayId: string, output: Readonly<Record<string, unknown>>): void
  /** What is shown goes; with `wait` when the next output comes. */
  cleared(wait: boolean): void
}

/** How a piece of code ended; `dead`: the kernel is gone. */
export type CodeEnd = 'ok' | 'error' | 'aborted' | 'dead'

/** One client of a kernel. A lost connection is opened again and told what it missed. */
export interface KernelChannel {
  execute(code: string, sink: CodeSink): Promise<CodeEnd>
  /** Called once when the kernel is gone. */
  onDead(listener: () => void): Unsubscribe
  close(): void
}

export interface ChannelOptions {
  /** Open the channels of the client with this id. */
  readonly connect: (sessionId: string) => Socket
  /** Whether the kernel still lives, asked when a connection is lost. */
  readonly alive: () => Promise<boolean>
  readonly newId: () => string
  readonly after: (delayMs: number, callback: () => void) => void
}

interface Running {
  readonly sink: CodeSink
  readonly end: (end: CodeEnd) => void
  reply: CodeEnd | null
  idle: boolean
}

const retryPauseMs = 1000

/** Speak to a kernel over its channels. Code is sent one piece after the other by whoever calls. */
export const openChannel = ({ connect, alive, newId, after }: ChannelOptions): KernelChannel => {
  const sessionId = newId()
  const running = new Map<string, Running>()
  const deadListeners = new Set<() => void>()
  const waiting: string[] = []
  let socket: Socket | null = null
  let open = false
  let closed = false

  const begin = () => {
    const mine = connect(sessionId)
    socket = mine
    mine.onopen = () => {
      open = true
      for (const text of waiting.splice(0)) mine.send(text)
    }
    mine.onmessage = (text) => hear(text)
    mine.onclose = () => {
      open = false
      if (!closed) void alive().then((lives) => (lives ? later() : die()), later)
    }
  }
  const later = () => after(retryPauseMs, () => (closed ? undefined : begin()))
  const die = () => {
    closed = true
    for (const { end } of running.values()) end('dead')
    running.clear()
    for (const tell of [...deadListeners]) tell()
  }
  const abort = () => {
    for (const { end } of running.values()) end('aborted')
    running.clear()
  }
  const hear = (text: string) => {
    const message = parse(text)
    if (message === null) return
    if (message.header.msg_type === 'status' && message.content['execution_state'] === 'dead') return die()
    // Somebody restarted it: what it was doing is gone, and it goes on empty.
    if (message.header.msg_type === 'shutdown_reply' && message.content['restart'] === true) return abort()
    const mine = running.get(message.parent_header.msg_id ?? '')
    if (mine !== undefined) answer(mine, message)
    for (const [id, each] of running)
      if (each.reply !== null && each.idle) {
        running.delete(id)
        each.end(each.reply)
      }
  }

  begin()
  return {
    execute(code, sink) {
      const id = newId()
      const text = JSON.stringify(executeRequest(id, sessionId, code))
      return new Promise((resolve) => {
        if (closed) return resolve('dead')
        running.set(id, { sink, end: resolve, reply: null, idle: false })
        if (open) socket?.send(text)
        else waiting.push(text)
      })
    },
    onDead(listener) {
      deadListeners.add(listener)
      return () => void deadListeners.delete(listener)
    },
    close() {
      closed = true
      socket?.close()
      for (const { end } of running.values()) end('dead')
      running.clear()
    },
  }
}

const answer = (mine: Running, { header, content }: KernelWireMessage): void => {
  const { sink } = mine
  switch (header.msg_type) {
    case 'execute_input':
      return sink.started(Number(content['execution_count']))
    case 'stream':
    case 'error':
      return sink.output({ output_type: header.msg_type, ...content }, null)
    case 'display_data':
    case 'execute_result':
      return sink.output({ output_type: header.msg_type, ...content }, displayIdOf(content))
    case 'update_display_data':
      return sink.replaced(displayIdOf(content) ?? '', { output_type: 'display_data', ...content })
    case 'clear_output':
      return sink.cleared(content['wait'] === true)
    case 'execute_reply':
      mine.reply = content['status'] === 'ok' ? 'ok' : content['status'] === 'aborted' ? 'aborted' : 'error'
      return
    case 'status':
      if (content['execution_state'] === 'idle') mine.idle = true
  }
}

const displayIdOf = (content: Readonly<Record<string, unknown>>): string | null => {
  const transient = content['transient']
  const id =
    typeof transient === 'object' && transient !== null ? (transient as { display_id?: unknown }).display_id : null
  return typeof id === 'string' ? id : null
}

const executeRequest = (id: string, session: string, code: string) => ({
  channel: 'shell',
  header: {
    msg_id: id,
    msg_type: 'execute_request',
    username: '',
    session,
    date: new Date().toISOString(),
    version: '5.3',
  },
  parent_header: {},
  metadata: {},
  content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true },
  buffers: [],
})

const parse = (text: string): KernelWireMessage | null => {
  try {
    const value = JSON.parse(text) as Partial<KernelWireMessage> | null
    return typeof value?.header?.msg_type === 'string'
      ? ({ parent_header: {}, content: {}, ...value } as KernelWireMessage)
      : null
  } catch {
    return null
  }
}
