import type { KernelMessage } from '@novabrain/contracts'
import { readWire, v1Protocol, wireMessage, type WireProtocol } from '../../server/src/modules/kernels/wire.js'

const message = (buffers: readonly Buffer[] = []): KernelMessage => ({
  channel: 'shell',
  header: {
    msg_id: 'a1',
    msg_type: 'comm_msg',
    session: 's',
    username: 'u',
    date: '2026-01-01T00:00:00Z',
    version: '5.3',
  },
  parent_header: { msg_id: 'b2' },
  metadata: { 中: 1 },
  content: { text: '量子 \u2028 \\ "' },
  buffers: buffers.map((bytes) => bytes.toString('base64')),
})

const some = [Buffer.from([0, 255, 10]), Buffer.alloc(0), Buffer.from('more')]

test.each<[string, WireProtocol, readonly Buffer[]]>([
  ['JSON', '', []],
  ['JSON with buffers', '', some],
  ['the subprotocol', v1Protocol, []],
  ['the subprotocol with buffers', v1Protocol, some],
])('a message that goes out as %s comes in as the same message', (_name, protocol, buffers) => {
  const sent = message(buffers)
  const data = wireMessage(sent).as(protocol)
  expect(readWire(Buffer.from(data as Buffer), typeof data !== 'string', protocol)).toEqual(sent)
})

test("JSON tells id and type outside the header too, as Jupyter's server does", () => {
  const text = String(wireMessage(message()).as(''))
  expect(JSON.parse(text)).toMatchObject({ msg_id: 'a1', msg_type: 'comm_msg', buffers: [], channel: 'shell' })
})

test('the subprotocol is laid out as its description says: offsets of 64 bits, the smallest byte first', () => {
  const data = wireMessage(message([Buffer.from('xyz')])).as(v1Protocol) as Buffer
  const offsets = Array.from({ length: Number(data.readBigUInt64LE(0)) }, (_, at) =>
    Number(data.readBigUInt64LE(8 + 8 * at)),
  )
  expect(offsets).toHaveLength(7)
  expect(data.subarray(offsets[0], offsets[1]).toString()).toBe('shell')
  expect(JSON.parse(data.subarray(offsets[1], offsets[2]).toString())).toMatchObject({ msg_id: 'a1' })
  expect(data.subarray(offsets[5], offsets[6]).toString()).toBe('xyz')
  expect(offsets[6]).toBe(data.length)
})

test('a message that names no channel is for the shell; what is no message is none', () => {
  const { channel, buffers, ...rest } = message()
  expect([channel, buffers]).toEqual(['shell', []])
  expect(readWire(Buffer.from(JSON.stringify(rest)), false, '')).toEqual(message())
  const broken = ['', '[]', 'null', '{"header":{}}', '{"channel":"heart","header":{"msg_id":"a","msg_type":"b"}}']
  for (const text of broken) expect(readWire(Buffer.from(text), false, '')).toBeNull()
  for (const size of [0, 3, 8, 24]) {
    expect(readWire(Buffer.alloc(size, 255), true, '')).toBeNull()
    expect(readWire(Buffer.alloc(size, 255), true, v1Protocol)).toBeNull()
  }
})
