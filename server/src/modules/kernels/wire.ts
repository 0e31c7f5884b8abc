import { KernelMessage, type KernelChannel } from '@novabrain/contracts'
import { Value } from '@sinclair/typebox/value'

/** The one subprotocol of Jupyter's channels: parts of a message one after the other, behind their offsets. */
export const v1Protocol = 'v1.kernel.websocket.jupyter.org'

/** How messages look on a socket: by the subprotocol, or as JSON (with a binary frame where a message has buffers). */
export type WireProtocol = typeof v1Protocol | ''

/** A message made ready for sockets, each form once however many sockets there are. */
export interface WireMessage {
  readonly message: KernelMessage
  readonly sizeBytes: number
  as(protocol: WireProtocol): string | Buffer
}

/** Make a message ready. */
export const wireMessage = (message: KernelMessage): WireMessage => {
  const plain = plainForm(message)
  let v1: Buffer | null = null
  return {
    message,
    sizeBytes: plain.length,
    as: (protocol) => (protocol === '' ? plain : (v1 ??= v1Form(message))),
  }
}

/** A message as it came from a socket, or `null` if it is none. */
export const readWire = (data: Buffer, isBinary: boolean, protocol: WireProtocol): KernelMessage | null => {
  try {
    const found = protocol === v1Protocol ? readV1(data) : isBinary ? readBinary(data) : JSON.parse(data.toString())
    return Value.Check(KernelMessage, complete(found)) ? (complete(found) as KernelMessage) : null
  } catch {
    return null
  }
}

/** Some clients leave out what is empty; one that names no channel means the shell. */
const complete = (found: unknown): unknown => {
  if (typeof found !== 'object' || found === null) return null
  const { channel, header, parent_header, metadata, content, buffers } = found as Partial<Record<string, unknown>>
  return {
    channel: channel ?? 'shell',
    header,
    parent_header: parent_header ?? {},
    metadata: metadata ?? {},
    content: content ?? {},
    buffers: buffers ?? [],
  }
}

const bytesOf = (base64: readonly string[]): Buffer[] => base64.map((text) => Buffer.from(text, 'base64'))
const textsOf = (buffers: readonly Buffer[]): string[] => buffers.map((bytes) => bytes.toString('base64'))

/** JSON, with the two keys of the header that clients look for outside of it. */
const plainForm = ({ buffers, ...message }: KernelMessage): string | Buffer => {
  const { msg_id, msg_type } = message.header
  const body = JSON.stringify({ ...message, msg_id, msg_type, buffers: [] })
  return buffers.length === 0 ? body : binaryForm([Buffer.from(body), ...bytesOf(buffers)])
}

/** The count of parts and their offsets as 32-bit numbers, the largest byte first; then the parts. */
const binaryForm = (parts: readonly Buffer[]): Buffer => {
  const head = Buffer.alloc(4 * (parts.length + 1))
  head.writeUInt32BE(parts.length, 0)
  offsetsOf(parts, head.length).forEach((offset, index) => head.writeUInt32BE(offset, 4 * (index + 1)))
  return Buffer.concat([head, ...parts])
}

const readBinary = (data: Buffer): unknown => {
  const count = data.readUInt32BE(0)
  const offsets = Array.from({ length: count }, (_, index) => data.readUInt32BE(4 * (index + 1)))
  const [body = Buffer.alloc(0), ...buffers] = partsOf(data, [...offsets, data.length])
  return { ...(JSON.parse(body.toString()) as object), buffers: textsOf(buffers) }
}

/** The count of offsets and the offsets as 64-bit numbers, the smallest byte first, the last being the end; then the parts. */
const v1Form = ({ channel, header, parent_header, metadata, content, buffers }: KernelMessage): Buffer => {
  const texts = [channel, ...[header, parent_header, metadata, content].map((part) => JSON.stringify(part))]
  const parts = [...texts.map((text) => Buffer.from(text)), ...bytesOf(buffers)]
  const head = Buffer.alloc(8 * (parts.length + 2))
  const offsets = [...offsetsOf(parts, head.length), head.length + parts.reduce((sum, part) => sum + part.length, 0)]
  head.writeBigUInt64LE(BigInt(offsets.length), 0)
  offsets.forEach((offset, index) => head.writeBigUInt64LE(BigInt(offset), 8 * (index + 1)))
  return Buffer.concat([head, ...parts])
}

const readV1 = (data: Buffer): unknown => {
  const count = Number(data.readBigUInt64LE(0))
  const offsets = Array.from({ length: count }, (_, index) => Number(data.readBigUInt64LE(8 * (index + 1))))
  const [channel, header, parent, metadata, content, ...buffers] = partsOf(data, offsets)
  const read = (part: Buffer | undefined): unknown => JSON.parse((part ?? Buffer.alloc(0)).toString())
  return {
    channel: channel?.toString() as KernelChannel | undefined,
    header: read(header),
    parent_header: read(parent),
    metadata: read(metadata),
    content: read(content),
    buffers: textsOf(buffers),
  }
}

const offsetsOf = (parts: readonly Buffer[], start: number): number[] => {
  let next = start
  return parts.map(({ length }) => {
    const offset = next
    next += length
    return offset
  })
}

const partsOf = (data: Buffer, offsets: readonly number[]): Buffer[] =>
  offsets.slice(0, -1).map((offset, index) => data.subarray(offset, offsets[index + 1]))
