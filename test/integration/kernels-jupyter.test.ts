/**
 * Jupyter's own programs against our door: a real JupyterLab whose gateway is NovaBrain, and the gateway client of Jupyter's
 * server in Python. What they accept is the protocol, whatever we think of it.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { jupyterVenv, sampleVenv, startJupyter, type TestJupyter } from '../support/jupyter.js'
import { openKernel } from '../support/kernel.js'
import { startRealServer, type RealServer } from '../support/real-server.js'

const venv = jupyterVenv()
const sample = sampleVenv()
const withJupyter = venv === null || sample === null ? describe.skip : describe

jest.setTimeout(300_000)

/** Starts, uses, interrupts, restarts and ends a kernel with the classes that Jupyter's server uses for a gateway. */
const program = `
import asyncio, json, sys, websocket
from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.gateway.managers import GatewayMappingKernelManager

# The one thing that Jupyter's class leaves out: its sockets do not carry the key that its requests do.
connect, key = websocket.create_connection, "Authorization: token " + sys.argv[2]
websocket.create_connection = lambda url, **options: connect(url, header=[key], **options)

async def run(client, code):
    sent, said, idle = client.execute(code, allow_stdin=False), [], False
    while not idle:
        message = await client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != sent:
            continue
        if message["msg_type"] == "stream":
            said.append(message["content"]["text"])
        idle = message["content"].get("execution_state") == "idle"
    reply = await client.get_shell_msg(timeout=120)
    return {"status": reply["content"]["status"], "ename": reply["content"].get("ename"), "text": "".join(said)}

async def main():
    GatewayClient.instance(url=sys.argv[1], auth_token=sys.argv[2])
    manager = GatewayMappingKernelManager()
    kernel_id = await manager.start_kernel(kernel_name="python3", env={"KERNEL_GPUS": "0"})
    kernel = manager.get_kernel(kernel_id)
    client = kernel.client()
    await client.start_channels()
    try:
        told = await use(manager, kernel_id, client)
    finally:
        client.stop_channels()
    await manager.shutdown_kernel(kernel_id)
    print(json.dumps({**told, "left": len(await manager.list_kernels())}))

async def use(manager, kernel_id, client):
    told = {"listed": len(await manager.list_kernels())}
    told["printed"] = await run(client, "print('from python', 6 * 7)")
    told["failed"] = await run(client, "1 / 0")
    endless = asyncio.ensure_future(run(client, "while True: pass"))
    while manager.get_kernel(kernel_id).execution_state != "busy":
        await asyncio.sleep(0.1)
        await manager.get_kernel(kernel_id).refresh_model()
    await manager.interrupt_kernel(kernel_id)
    told["interrupted"] = await endless
    await run(client, "kept = 1")
    await manager.restart_kernel(kernel_id)
    told["restarted"] = await run(client, "kept")
    return told

asyncio.run(main())
`

withJupyter("Jupyter's own clients", () => {
  let server: RealServer
  let address: string

  beforeAll(async () => {
    server = await startRealServer({ pythonPath: join(sample ?? '', 'bin/python') })
    address = `${server.url}/jupyter/${server.projectId}`
  })
  afterAll(() => server?.close())

  test("the gateway client of Jupyter's server starts, uses, interrupts, restarts and ends a kernel", async () => {
    const python = join(venv ?? '', 'bin/python')
    const { stdout } = await promisify(execFile)(python, ['-c', program, address, server.token], { timeout: 240_000 })
    expect(JSON.parse(stdout)).toEqual({
      listed: 1,
      printed: { status: 'ok', ename: null, text: 'from python 42\n' },
      failed: { status: 'error', ename: 'ZeroDivisionError', text: '' },
      interrupted: { status: 'error', ename: 'KeyboardInterrupt', text: '' },
      restarted: { status: 'error', ename: 'NameError', text: '' },
      left: 0,
    })
  })

  describe('JupyterLab with --gateway-url', () => {
    let lab: TestJupyter
    beforeAll(async () => {
      lab = await startJupyter({
        venv: venv ?? '',
        kernelVenv: sample ?? '',
        environment: { JUPYTER_GATEWAY_URL: address, JUPYTER_GATEWAY_AUTH_TOKEN: server.token, KERNEL_GPUS: '1' },
        withoutProxy: true,
      })
    })
    afterAll(() => lab?.stop())

    const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const response = await fetch(`${lab.url}/api${path}`, {
        method,
        headers: { authorization: `token ${lab.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${String(response.status)} ${text}`)
      return (text === '' ? null : JSON.parse(text)) as T
    }

    test('lists our kernels, starts one on a GPU for a notebook, and runs cells in it', async () => {
      const specs = await call<{ kernelspecs: object }>('GET', '/kernelspecs')
      expect(Object.keys(specs.kernelspecs)).toEqual(['python3'])
      const body = { path: 'study.ipynb', name: 'study.ipynb', type: 'notebook', kernel: { name: 'python3' } }
      const session = await call<{ id: string; kernel: { id: string } }>('POST', '/sessions', body)
      const channels = `${lab.url.replace('http', 'ws')}/api/kernels/${session.kernel.id}/channels?token=${lab.token}`
      const socket = await openKernel(channels)
      expect((await socket.execute('print("in a job", 6 * 7)')).text).toBe('in a job 42\n')
      const jobId = session.kernel.id.replaceAll('-', '')
      const job = await server.job(jobId)
      expect(job).toMatchObject({ status: 'running', task: { kind: 'kernel' } })
      expect(job.attempt?.devices).toHaveLength(1)
      await call('DELETE', `/sessions/${session.id}`)
      await server.until(jobId, ({ status }) => status === 'succeeded')
      socket.close()
    })
  })
})

if (venv === null || sample === null)
  test.skip("Jupyter's own clients: JupyterLab or the sample environment is not installed", () => undefined)
