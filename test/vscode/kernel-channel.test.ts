import type { Socket } from '@novabrain/contracts'
import { openChannel, type CodeEnd } from '../../extensions/vscode/src/notebook/kernel-channel.js'

interface Sent {
  readonly header: { readonly msg_id: string }
}

/** A channel to a kernel that says what the test lets it say. */
const aKernel = () => {
  const sent: Sent[] = []
  const socket: Socket = {
    send: (text) => void sent.push(JSON.parse(text) as Sent),
    close: () => undefined,
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  let ids = 0
  const channel = openChannel({
    connect: () => socket,
    alive: () => Promise.resolve(true),
    newId: () => `id-${String((ids += 1))}`,
    after: () => undefined,
  })
  socket.onopen?.()
  const outputs: unknown[] = []
  const sink = {
    started: () => undefined,
    output: (output: unknown) => void outputs.push(output),
    replaced: () => undefined,
    cleared: () => undefined,
  }
  const says = (msg_type: string, content: object, to = sent.at(-1)?.header.msg_id) =>
    socket.onmessage?.(
      JSON.stringify({
        channel: 'iopub',
        header: { msg_id: `k-${msg_type}`, msg_type },
        parent_header: to === undefined ? {} : { msg_id: to },
        metadata: {},
        content,
      }),
    )
  return { channel, outputs, says, run: (code: string): Promise<CodeEnd> => channel.execute(code, sink) }
}

test('a cell has ended when its reply is there and the kernel is idle, whichever comes first', async () => {
  for (const order of [
    ['execute_reply', 'status'],
    ['status', 'execute_reply'],
  ]) {
    const { run, says, outputs } = aKernel()
    const end = run('print(1)')
    says('stream', { name: 'stdout', text: '1' })
    for (const type of order) says(type, type === 'status' ? { execution_state: 'idle' } : { status: 'ok' })
    expect(await end).toBe('ok')
    expect(outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: '1' }])
  }
})

test('what runs while somebody else restarts the kernel is aborted, and the next cell runs', async () => {
  const { run, says } = aKernel()
  const lost = run('while True: pass')
  says('shutdown_reply', { status: 'ok', restart: true }, 'of another client')
  expect(await lost).toBe('aborted')
  const next = run('print(1)')
  says('execute_reply', { status: 'ok' })
  says('status', { execution_state: 'idle' })
  expect(await next).toBe('ok')
})

test('what runs when the kernel dies is told so, and so is what comes after', async () => {
  const { run, says, channel } = aKernel()
  let told = 0
  channel.onDead(() => (told += 1))
  const lost = run('exit()')
  says('status', { execution_state: 'dead' })
  expect(await lost).toBe('dead')
  expect(await run('print(1)')).toBe('dead')
  expect(told).toBe(1)
})
