import { randomUUID } from 'node:crypto'
import { WebSocket, type ClientOptions } from 'ws'

/** A message as Jupyter's clients see it; buffers come in binary frames and are left out here. */
export interface KernelFrame {
  readonly channel: string
  readonly msg_id: string
  readonly msg_type: string
  readonly header: { readonly msg_id: string; readonly msg_type: string; readonly session: string }
  readonly parent_header: { readonly msg_id?: string }
  readonly content: Readonly<Record<string, unknown>>
}

/** What came of running code: what was published meanwhile, and the answer. */
export interface Executed {
  /** Text of one stream that came in several pieces is one output, as in a notebook. */
  readonly outputs: readonly KernelFrame[]
  readonly reply: KernelFrame
  /** What was printed, put together. */
  readonly text: string
}

/** A client of Jupyter's channels, with the plain JSON protocol. */
export interface KernelSocket {
  readonly frames: readonly KernelFrame[]
  /** Resolves with the code of the closing. */
  readonly closed: Promise<number>
  /** Send a message on the shell channel, or another; gives its id. */
  send(type: string, content: object, channel?: string): string
  /** Run code to its end. */
  execute(code: string, options?: object): Promise<Executed>
  /** Resolves with the first frame that fits, of those that came and those to come; fails when none comes in two minutes. */
  until(fits: (frame: KernelFrame) => boolean): Promise<KernelFrame>
  /** Resolves when this was printed: a kernel may send one line in two pieces. */
  untilPrinted(text: string): Promise<void>
  close(): void
}

/** The server refused the socket. */
export class SocketRefused extends Error {
  constructor(readonly status: number) {
    super(`The socket was refused with ${String(status)}`)
  }
}

const patienceMs = 120_000

/** Open the channels of a kernel. */
export const openKernel = async (
  address: string,
  { session = randomUUID(), ...options }: ClientOptions & { session?: string } = {},
): Promise<KernelSocket> => {
  const join = address.includes('?') ? '&' : '?'
  const socket = new WebSocket(`${address}${join}session_id=${session}`, options)
  const frames: KernelFrame[] = []
  const lookers = new Set<() => void>()
  const look = () => {
    for (const looker of lookers) looker()
  }
  let over: number | null = null
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (code) => {
      over = code
      look()
      resolve(code)
    }),
  )
  socket.on('message', (data: Buffer, isBinary) => {
    frames.push(JSON.parse((isBinary ? firstPart(data) : data).toString()) as KernelFrame)
    look()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, { statusCode }) => reject(new SocketRefused(statusCode ?? 0)))
    socket.once('error', reject)
  })
  const until = (fits: (frame: KernelFrame) => boolean): Promise<KernelFrame> =>
    new Promise((resolve, reject) => {
      let looked = 0
      const looker = () => {
        const found = frames.slice(looked).find(fits)
        looked = frames.length
        if (found !== undefined) settle(() => resolve(found))
        else if (over !== null) giveUp(`The socket closed with ${String(over)}`)
      }
      const settle = (how: () => void) => {
        clearTimeout(timer)
        lookers.delete(looker)
        how()
      }
      const giveUp = (why: string) =>
        settle(() => reject(new Error(`${why}; last: ${JSON.stringify(frames.slice(-3)).slice(0, 2000)}`)))
      const timer = setTimeout(() => giveUp('No such frame came'), patienceMs)
      lookers.add(looker)
      looker()
    })
  const send = (type: string, content: object, channel = 'shell'): string => {
    const id = randomUUID()
    const header = {
      msg_id: id,
      msg_type: type,
      session,
      username: 'test',
      date: new Date().toISOString(),
      version: '5.3',
    }
    socket.send(JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content, buffers: [] }))
    return id
  }
  return {
    frames,
    closed,
    send,
    until,
    untilPrinted: async (text) => void (await until(() => textOf(frames).includes(text))),
    async execute(code, options = {}) {
      const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, ...options }
      const id = send('execute_request', content)
      const mine = ({ parent_header }: KernelFrame) => parent_header.msg_id === id
      const reply = await until((frame) => mine(frame) && frame.msg_type === 'execute_reply')
      await until((frame) => mine(frame) && frame.content['execution_state'] === 'idle')
      const outputs = frames.filter((frame) => mine(frame) && frame.channel === 'iopub' && frame.msg_type !== 'status')
      return { outputs: whole(outputs), reply, text: textOf(outputs) }
    },
    close: () => socket.close(),
  }
}

/** What the frames of a stream say together. */
export const textOf = (frames: readonly KernelFrame[]): string =>
  frames
    .filter(({ msg_type }) => msg_type === 'stream')
    .map(({ content }) => String(content['text']))
    .join('')

const whole = (frames: readonly KernelFrame[]): KernelFrame[] =>
  frames.reduce<KernelFrame[]>((before, frame) => {
    const last = before.at(-1)
    const goesOn =
      last?.msg_type === 'stream' && frame.msg_type === 'stream' && last.content['name'] === frame.content['name']
    if (!goesOn) return [...before, frame]
    return [...before.slice(0, -1), { ...last, content: { ...last.content, text: textOf([last, frame]) } }]
  }, [])

/** A binary frame: the count of parts, their offsets, the message, its buffers. */
const firstPart = (data: Buffer): Buffer =>
  data.subarray(data.readUInt32BE(4), data.readUInt32BE(0) > 1 ? data.readUInt32BE(8) : data.length)
