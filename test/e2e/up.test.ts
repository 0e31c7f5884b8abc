/**
 * `npm run up` as a newcomer meets it: what it prints, what it does when something is missing, and that nothing is left
 * of it after Ctrl-C. Each test has a data folder of its own.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Job } from '@novabrain/contracts'
import { novabrain, plainEnvironment, processesWith, start, type Ended, type Running } from '../support/command-line.js'
import { findUv, toolsDir } from '../support/python-tools.js'

jest.setTimeout(300_000)

const repository = resolve(__dirname, '../..')
const opened: Running[] = []
let scratch: string
let home: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'novabrain-up-'))
  home = join(scratch, 'home')
  await mkdir(home, { mode: 0o711 })
  await mkdir(join(toolsDir, 'runner-cache'), { recursive: true })
})

afterEach(async () => {
  for (const { process } of opened.splice(0)) process.kill('SIGINT')
  while ((await processesWith(home)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await rm(scratch, { recursive: true, force: true })
})

interface Ports {
  readonly server: number
  readonly jupyter: number
}

const listen = (): Promise<Server> =>
  new Promise((done) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => done(server))
  })

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const freePorts = async (): Promise<Ports> => {
  const [one, other] = [await listen(), await listen()]
  const ports = { server: portOf(one), jupyter: portOf(other) }
  one.close()
  other.close()
  return ports
}

/** What was downloaded before is not downloaded again. */
const withTools = async (): Promise<Record<string, string>> => {
  await symlink(join(toolsDir, 'runner-cache'), join(home, 'cache')).catch(() => undefined)
  return { NOVABRAIN_UV: await findUv() }
}

const up = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Running => {
  const variables = plainEnvironment({ HOME: scratch, NOVABRAIN_HOME: home, ...env })
  const running = start(process.execPath, [join(repository, 'scripts/up.mjs'), ...args], {
    env: variables,
    cwd: repository,
  })
  opened.push(running)
  return running
}

const flagsOf = ({ server, jupyter }: Ports) => ['--port', String(server), '--jupyter-port', String(jupyter)]

const interrupt = (running: Running): Promise<Ended> => {
  running.process.kill('SIGINT')
  return running.ended
}

const addressesAnswer = async (...urls: string[]) =>
  Promise.all(urls.map(async (url) => (await fetch(url).catch(() => null))?.ok === true))

const cli = (...args: string[]): Promise<Ended> =>
  start(process.execPath, [novabrain, ...args], {
    env: plainEnvironment({ HOME: scratch, NOVABRAIN_HOME: home }),
    cwd: scratch,
  }).ended

test('it tells each step with its time and where everything is; a second one finds the first', async () => {
  const ports = await freePorts()
  const first = up([...flagsOf(ports), '--no-jupyter', '--gpus', '2x24GiB'], await withTools())
  await first.until('Ctrl-C stops everything')
  expect(await addressesAnswer(`http://127.0.0.1:${String(ports.server)}/health/ready`)).toEqual([true])

  const second = await up(flagsOf(ports)).ended
  expect(second.code).toBe(0)
  expect(second.stdout).toMatch(/NovaBrain is up already \(process \d+\)/)
  expect(second.stdout).toContain(`http://127.0.0.1:${String(ports.server)}`)
  const address = encodeURIComponent(`http://127.0.0.1:${String(ports.server)}`)
  expect(second.stdout).toContain(`vscode://novabrain.novabrain-vscode/sign-in?server=${address}\n`)
  expect(second.stdout).toMatch(/code --install-extension \S+novabrain-vscode-\S+\.vsix\n/)
  const chinese = await up(flagsOf(ports), { LANG: 'zh_CN.UTF-8' }).ended
  expect(chinese.stdout).toMatch(/NovaBrain 已在运行（进程 \d+）。/)
  expect(chinese.stdout).toContain(`数据        ${home}`)

  const { code, stdout } = await interrupt(first)
  expect(code).toBe(0)
  expect(stdout).toMatch(/\[1\/5\] npm packages: .+ \(\d+\.\d s\)/)
  expect(stdout).toMatch(new RegExp(`server and database: http://127.0.0.1:${String(ports.server)} \\(\\d+\\.\\d s\\)`))
  expect(stdout).toContain(home)
  expect(stdout).toContain('Everything has stopped.')
})

test('Ctrl-C leaves no process, also of a job that runs, and the next start runs the job again', async () => {
  const ports = await freePorts()
  const first = up([...flagsOf(ports), '--no-jupyter'], await withTools())
  await first.until('Ctrl-C stops everything')
  await writeFile(join(scratch, 'long.py'), 'import time\nprint("up", flush=True)\ntime.sleep(600)\n')
  expect(await cli('run', join(scratch, 'long.py'), '--no-pin', '--detach')).toMatchObject({ code: 0 })
  const follow = () =>
    start(process.execPath, [novabrain, 'logs', '-f', '1'], {
      env: plainEnvironment({ HOME: scratch, NOVABRAIN_HOME: home }),
      cwd: scratch,
    })
  const log = follow()
  await log.until('up')
  log.process.kill('SIGTERM')
  await log.ended

  expect(await interrupt(first)).toMatchObject({ code: 0 })
  expect(await processesWith(home)).toEqual([])

  const second = up([...flagsOf(ports), '--no-jupyter'], await withTools())
  await second.until('Ctrl-C stops everything')
  const again = follow()
  await again.until('up')
  again.process.kill('SIGTERM')
  await again.ended
  const latest = async () => (JSON.parse((await cli('jobs', '--json')).stdout) as Job[])[0]
  // The log may still be that of the first attempt: the second begins when the scheduler is there.
  let job = await latest()
  while (job?.status === 'queued' || job?.status === 'starting') job = await latest()
  expect(job).toMatchObject({ number: 1, status: 'running', attempt: { number: 2 } })
  await interrupt(second)
  expect(await processesWith(home)).toEqual([])
})

test('Ctrl-C while the server is still starting leaves nothing either', async () => {
  const running = up([...flagsOf(await freePorts()), '--no-jupyter'], await withTools())
  await running.until('server and database …')
  expect(await interrupt(running)).toMatchObject({ code: 0 })
  expect(await processesWith(home)).toEqual([])
  expect(existsSync(join(home, 'up.json'))).toBe(false)
})

test('one that was killed leaves a server behind, which the next one stops before it starts its own', async () => {
  const ports = await freePorts()
  const first = up([...flagsOf(ports), '--no-jupyter'], await withTools())
  await first.until('Ctrl-C stops everything')
  const serverOf = async () => (JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { pid: number }).pid
  const left = await serverOf()
  first.process.kill('SIGKILL')
  await first.ended

  const second = up([...flagsOf(ports), '--no-jupyter'], await withTools())
  await second.until('Ctrl-C stops everything')
  expect(await serverOf()).not.toBe(left)
  const { code, stdout } = await interrupt(second)
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('An earlier NovaBrain was killed') as string,
  })
  expect(stdout).toContain(`NovaBrain   http://127.0.0.1:${String(ports.server)}\n`)
  expect(await processesWith(home)).toEqual([])
})

test('a port that is taken is replaced, and that is said', async () => {
  const taken = await listen()
  const port = portOf(taken)
  const running = up(['--port', String(port), '--no-jupyter'], await withTools())
  await running.until('Ctrl-C stops everything')
  const { stdout } = await interrupt(running)
  taken.close()
  expect(stdout).toContain(`port ${String(port)} was busy`)
  expect(stdout).not.toContain(`NovaBrain   http://127.0.0.1:${String(port)}\n`)
})

test('an option that does not exist or does not fit is told with the usage', async () => {
  for (const args of [['--colour'], ['--port', 'many']]) {
    const { code, stderr } = await up(args).ended
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: npm run up')
    expect(stderr).not.toMatch(/\n\s+at /)
  }
  const { stderr } = await up(['--port', 'many'], { NOVABRAIN_LANG: 'zh-CN' }).ended
  expect(stderr).toMatch(/--port 需要端口号，而不是“many”。\n用法：npm run up/)
})

/** The programs of this machine without Python. */
const withoutPython = async (): Promise<string> => {
  const folder = join(scratch, 'bin')
  await mkdir(folder)
  for (const place of ['/usr/local/bin', '/usr/bin', '/bin'])
    for (const name of await readdir(place).catch(() => []))
      if (!/^(python|pip|uv)/.test(name)) await symlink(join(place, name), join(folder, name)).catch(() => undefined)
  return folder
}

test('without Python it says so, and the rest starts', async () => {
  const ports = await freePorts()
  const running = up(flagsOf(ports), { PATH: await withoutPython() })
  await running.until('Ctrl-C stops everything')
  const { stdout } = await interrupt(running)
  expect(stdout).toContain(
    'uv: left out. Python 3.10 or newer was not found. Install it, or name one in NOVABRAIN_PYTHON.',
  )
  expect(stdout).toMatch(/JupyterLab {2}not started: Python 3.10 or newer was not found/)
})

test('without a package index it says so, and the rest starts', async () => {
  const nowhere = 'http://127.0.0.1:9/simple'
  const offline = { PIP_INDEX_URL: nowhere, UV_INDEX_URL: nowhere, UV_OFFLINE: '1' }
  const running = up(flagsOf(await freePorts()), offline)
  await running.until('Ctrl-C stops everything')
  const { stdout } = await interrupt(running)
  expect(stdout).toMatch(/uv: left out. uv could not be installed: is the package index reachable\?/)
  expect(stdout).toMatch(/JupyterLab {2}not started: uv could not be installed/)
})

test('with uv there but no package index, what could not be installed is told, and the rest starts', async () => {
  const offline = { NOVABRAIN_UV: await findUv(), UV_INDEX_URL: 'http://127.0.0.1:9/simple', UV_OFFLINE: '1' }
  const running = up(flagsOf(await freePorts()), offline)
  await running.until('Ctrl-C stops everything')
  const { stdout } = await interrupt(running)
  expect(stdout).toMatch(/JupyterLab {2}not started: \S+/)
  expect(stdout).toMatch(/notebook tools: left out. .+ is the package index reachable\?/)
})

const prepared = process.env['NOVABRAIN_TEST_HOME'] ?? ''
const isPrepared = existsSync(join(prepared, 'python/jupyter')) && existsSync(join(prepared, 'tools'))
const withJupyter = isPrepared
  ? test
  : (title: string) => test.skip(`${title}: nothing was prepared (NOVABRAIN_TEST_HOME)`, () => undefined)

withJupyter('with everything prepared before, JupyterLab and the server stand beside each other', async () => {
  for (const name of ['python', 'tools', 'cache']) await symlink(join(prepared, name), join(home, name))
  const ports = await freePorts()
  const running = up(flagsOf(ports))
  await running.until('Ctrl-C stops everything')
  const { jupyterUrl } = JSON.parse(await readFile(join(home, 'up.json'), 'utf8')) as { jupyterUrl: string }
  expect(new URL(jupyterUrl).port).toBe(String(ports.jupyter))
  const { origin, searchParams } = new URL(jupyterUrl)
  const token = searchParams.get('token') ?? ''
  expect(
    await addressesAnswer(
      `http://127.0.0.1:${String(ports.server)}/health/ready`,
      `${origin}/api/contents/breast-cancer/breast-cancer.ipynb?token=${token}`,
      `${origin}/novabrain/api/v1/me?token=${token}`,
    ),
  ).toEqual([true, true, true])
  expect((await interrupt(running)).stdout).toContain('Everything has stopped.')
  expect(await processesWith(home)).toEqual([])
})
