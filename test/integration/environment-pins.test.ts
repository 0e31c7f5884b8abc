import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  canonicalCapture,
  captureEnvironment,
  NovaBrainError,
  pinEnvironment,
  restoreSteps,
  type CaptureHost,
  type EnvironmentCapture,
} from '@novabrain/contracts'
import { startApp, type Account, type TestApp } from '../support/app.js'
import { findPython, findUv } from '../support/python-tools.js'

jest.setTimeout(180_000)
const execute = promisify(execFile)
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** An address where nobody answers: the index of a machine that is offline. */
const nowhere = 'http://127.0.0.1:9/simple'

const hostOf = (python: string): CaptureHost => ({
  sha256: (bytes) => Promise.resolve(sha256(bytes)),
  run: (program) =>
    new Promise((resolve, reject) => {
      const child = spawn(python, ['-'])
      const parts: Buffer[] = []
      child.stdout.on('data', (part: Buffer) => parts.push(part))
      child.on('error', reject)
      child.on('close', () => resolve(Buffer.concat(parts).toString()))
      child.stdin.end(program)
    }),
})

let app: TestApp
let uv: string
let folder: string
let python: string
const venv = async (name: string): Promise<string> => {
  await execute(uv, ['venv', '--quiet', '--python', await findPython(), join(folder, name)])
  return join(folder, name, 'bin', 'python')
}
const install = (into: string, ...what: string[]) =>
  execute(uv, ['pip', 'install', '--quiet', '--no-deps', '--python', into, ...what])

beforeAll(async () => {
  uv = await findUv()
  folder = await mkdtemp(join(tmpdir(), 'novabrain-pins-'))
  app = await startApp({ config: { uvPath: uv } })
  python = await venv('plain')
  await install(python, 'click==8.1.7', 'six==1.16.0', 'docopt==0.6.2')
})
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

const capture = (interpreter = python) => captureEnvironment(hostOf(interpreter))
const pinned = async (captured: Awaited<ReturnType<typeof capture>>, account: Account = app.owner) => {
  const result = await pinEnvironment(account.client, account.project.id, captured)
  if (result.status !== 'pinned') throw new Error(JSON.stringify(result))
  return result.pin
}
const changed = (base: EnvironmentCapture, more: Partial<EnvironmentCapture>) => {
  const next = { ...base, ...more }
  return { capture: next, captureDigest: sha256(canonicalCapture(next)), problems: [] }
}
const faultOf = (promise: Promise<unknown>): Promise<{ code: string; data: unknown }> =>
  promise.then(
    () => ({ code: 'none', data: {} }),
    (error: unknown) =>
      error instanceof NovaBrainError ? { code: error.code, data: error.data } : { code: String(error), data: {} },
  )

test('a capture is asked for by its digest first, locked with hashes, and then known', async () => {
  const captured = await capture()
  const { client, project } = app.owner
  const ask = () =>
    client.createEnvironmentPin({ params: { projectId: project.id }, body: { captureDigest: captured.captureDigest } })
  expect(await ask()).toEqual({ status: 'capture_needed' })
  const pin = await pinned(captured)
  expect(pin.packages.map((p) => `${p.name}==${p.version}`)).toEqual(['click==8.1.7', 'docopt==0.6.2', 'six==1.16.0'])
  expect(
    pin.packages.every((p) => p.hashes.length > 0 && p.hashes.every((hash) => /^sha256:[0-9a-f]{64}$/.test(hash))),
  ).toBe(true)
  expect([pin.unavailable, pin.conflicts, pin.pythonVersion]).toEqual([[], [], captured.capture.pythonVersion])
  expect(await ask()).toEqual({ status: 'pinned', pin })
})

test('the digest of a pin is that of its lock, and the lock installs exactly what was captured, in an environment with a kernel', async () => {
  const captured = await capture()
  const pin = await pinned(captured)
  const params = { projectId: app.owner.project.id, digest: pin.digest }
  const lock = await app.owner.client.getEnvironmentLock({ params })
  expect(sha256(lock)).toBe(pin.digest)
  const lockFile = join(folder, 'pin.lock')
  await writeFile(lockFile, lock)
  const plan = { uv: [uv], pin, folder: join(folder, 'restored'), lockFile, python: await findPython(), kernel: null }
  for (const { command } of restoreSteps(plan)) await execute(command[0] ?? '', command.slice(1))
  const restored = await capture(join(folder, 'restored', 'bin', 'python'))
  const namesOf = (c: EnvironmentCapture) => c.distributions.map((d) => `${d.name} ${d.version}`)
  expect(namesOf(restored.capture)).toEqual(namesOf(captured.capture))
})

test('the same environment gives the same bytes on another server, in another tenant, whatever the order it is told in', async () => {
  const captured = await capture()
  const pin = await pinned(captured)
  const reversed = changed(captured.capture, { distributions: [...captured.capture.distributions].reverse() })
  expect(reversed.captureDigest).toBe(captured.captureDigest)
  const other = await app.addTenant('other')
  expect((await pinned(reversed, other)).digest).toBe(pin.digest)
  const elsewhere = await startApp({ config: { uvPath: uv } })
  try {
    expect((await pinned(reversed, elsewhere.owner)).digest).toBe(pin.digest)
  } finally {
    await elsewhere.close()
  }
})

test('the driver is no part of a pin: another one is another capture and the same pin', async () => {
  const captured = await capture()
  const withDriver = changed(captured.capture, { driverVersion: '550.54.14' })
  expect(withDriver.captureDigest).not.toBe(captured.captureDigest)
  expect((await pinned(withDriver)).digest).toBe((await pinned(captured)).digest)
})

test('editable and local packages, and those no index has, are named with their reason, and the rest is pinned', async () => {
  const mine = join(folder, 'mine')
  await mkdir(join(mine, 'mine_pkg'), { recursive: true })
  await writeFile(join(mine, 'mine_pkg', '__init__.py'), '')
  await writeFile(
    join(mine, 'pyproject.toml'),
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "mine-pkg"\nversion = "0.1"\n[tool.setuptools]\npackages = ["mine_pkg"]\n',
  )
  const other = await venv('mixed')
  await install(other, 'six==1.16.0')
  await install(other, '--editable', mine)
  const captured = await capture(other)
  const distributions = [
    ...captured.capture.distributions,
    { name: 'novabrain-surely-not-there', version: '1.0' },
    { name: 'mkl-conda-thing-not-there', version: '2024.0', installer: 'conda' },
    { name: 'six-fork', version: '1.0', directUrl: 'file:///home/me/six_fork-1.0-py3-none-any.whl' },
    { name: 'click', version: '8.1.7\n--index-url http://evil.example' },
  ]
  const pin = await pinned(changed(captured.capture, { distributions }))
  expect(pin.packages.map((p) => p.name)).toEqual(['six'])
  expect(pin.unavailable.map((p) => [p.name, p.reason]).sort()).toEqual([
    ['click', 'not_on_index'],
    ['mine-pkg', 'editable'],
    ['mkl-conda-thing-not-there', 'conda_only'],
    ['novabrain-surely-not-there', 'not_on_index'],
    ['six-fork', 'local'],
  ])
  expect(pin.unavailable.find((p) => p.name === 'mine-pkg')?.origin).toContain('/mine')
})

test('an environment that runs in spite of a clash is pinned, with the pair and the nearest change that resolves it', async () => {
  const clashing = await venv('clashing')
  await install(clashing, 'flask==3.0.0', 'werkzeug==2.3.8', 'markupsafe==2.1.5', 'jinja2==3.1.3')
  const pin = await pinned(await capture(clashing))
  expect(pin.packages.map((p) => p.name)).toContain('werkzeug')
  expect(pin.conflicts).toHaveLength(1)
  expect(pin.conflicts?.[0]).toMatchObject({
    package: 'werkzeug',
    installed: '2.3.8',
    left: { requirement: 'werkzeug>=3.0.0', requiredBy: 'Flask 3.0.0' },
    right: { requirement: 'werkzeug==2.3.8', requiredBy: 'Werkzeug 2.3.8' },
    suggestion: 'werkzeug==3.0.0',
  })
})

test('a package that refuses this Python cannot be installed: a conflict, with a version that does not refuse', async () => {
  const { capture: base } = await capture()
  const old = changed(base, { pythonVersion: '3.9.18', distributions: [{ name: 'numpy', version: '2.2.0' }] })
  expect(await pinEnvironment(app.owner.client, app.owner.project.id, old)).toEqual({
    status: 'conflict',
    conflicts: [
      {
        package: 'numpy',
        installed: '2.2.0',
        left: { requirement: 'python>=3.10', requiredBy: 'numpy 2.2.0' },
        right: { requirement: 'python==3.9.18', requiredBy: 'Python 3.9.18' },
        suggestion: 'numpy==2.0.2',
      },
    ],
  })
})

test('a capture that does not have its digest is refused', async () => {
  const captured = await capture()
  const body = { captureDigest: 'a'.repeat(64), capture: captured.capture }
  const fault = await faultOf(
    app.owner.client.createEnvironmentPin({ params: { projectId: app.owner.project.id }, body }),
  )
  expect(fault.code).toBe('capture_digest_mismatch')
})

test('two people who pin the same environment at the same instant get the same pin', async () => {
  const captured = await capture()
  const fresh = changed(captured.capture, { distributions: [{ name: 'six', version: '1.16.0' }] })
  const pins = await Promise.all([pinned(fresh), pinned(fresh), pinned(fresh)])
  expect(new Set(pins.map((pin) => pin.digest)).size).toBe(1)
})

test('pins are listed newest first, a page at a time, without their packages', async () => {
  const { client, project } = app.owner
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: { limit: number; cursor?: string } = { limit: 2, ...(cursor === null ? {} : { cursor }) }
    const page = await client.listEnvironmentPins({ params: { projectId: project.id }, query })
    expect(page.items.length).toBeLessThanOrEqual(2)
    for (const item of page.items) {
      expect(item).not.toHaveProperty('packages')
      seen.push(item.createdAt + item.digest)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen.length).toBeGreaterThan(2)
  expect(seen).toEqual([...new Set(seen)].sort().reverse())
  const bad = client.listEnvironmentPins({ params: { projectId: project.id }, query: { cursor: 'nonsense' } })
  expect((await faultOf(bad)).code).toBe('invalid_request')
})

test('another tenant does not find the pin', async () => {
  const pin = await pinned(await capture())
  const stranger = await app.addTenant('stranger')
  const params = { projectId: stranger.project.id, digest: pin.digest }
  expect((await faultOf(stranger.client.getEnvironmentPin({ params }))).code).toBe('environment_pin_not_found')
  expect((await faultOf(stranger.client.getEnvironmentLock({ params }))).code).toBe('environment_pin_not_found')
})

describe('without the package index', () => {
  const withIndexGone = async <T>(work: (offline: TestApp, cache: string) => Promise<T>): Promise<T> => {
    const kept = { UV_CACHE_DIR: process.env['UV_CACHE_DIR'], UV_DEFAULT_INDEX: process.env['UV_DEFAULT_INDEX'] }
    const cache = await mkdtemp(join(folder, 'cache-'))
    Object.assign(process.env, { UV_CACHE_DIR: cache, UV_DEFAULT_INDEX: nowhere })
    const offline = await startApp({ config: { uvPath: uv } })
    try {
      return await work(offline, cache)
    } finally {
      await offline.close()
      for (const [name, value] of Object.entries(kept))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
    }
  }

  test('a cold cache is told with the packages that are not in it', async () => {
    const captured = await capture()
    const fault = await withIndexGone((offline) => faultOf(pinned(captured, offline.owner)))
    expect(fault).toEqual({ code: 'package_index_unreachable', data: { packages: 'click, docopt, six' } })
  })
})

test('with a warm cache and no network the pin is the same', async () => {
  const captured = await capture()
  const kept = process.env['UV_CACHE_DIR']
  process.env['UV_CACHE_DIR'] = await mkdtemp(join(folder, 'warm-'))
  try {
    const online = await startApp({ config: { uvPath: uv } })
    const before = await pinned(captured, online.owner)
    await online.close()
    process.env['UV_OFFLINE'] = '1'
    const offline = await startApp({ config: { uvPath: uv } })
    expect((await pinned(captured, offline.owner)).digest).toBe(before.digest)
    await offline.close()
  } finally {
    delete process.env['UV_OFFLINE']
    if (kept === undefined) delete process.env['UV_CACHE_DIR']
    else process.env['UV_CACHE_DIR'] = kept
  }
})

test('without uv it is said so', async () => {
  const bare = await startApp({ config: { uvPath: '/nowhere/uv' } })
  try {
    expect((await faultOf(pinned(await capture(), bare.owner))).code).toBe('environment_resolver_missing')
  } finally {
    await bare.close()
  }
})
