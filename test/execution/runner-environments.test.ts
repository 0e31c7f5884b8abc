import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AttemptSpec } from '@novabrain/contracts'
import { findPython, lockOf, pythonVersion } from '../support/python-tools.js'
import { mountSmallDisk } from '../support/small-disk.js'
import { bundleRunner, stageRunner, type RunnerStage, type StageOptions } from '../support/runner.js'

jest.setTimeout(40_000)

let bundle: string
let cacheDir: string
let version: string
let six: string
const stages: RunnerStage[] = []

beforeAll(async () => {
  bundle = await bundleRunner()
  version = await pythonVersion(await findPython())
  const scratch = await mkdtemp(join(tmpdir(), 'novabrain-locks-'))
  six = await lockOf(['six==1.17.0'], scratch)
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'novabrain-cache-'))
})
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()))
  await rm(cacheDir, { recursive: true, force: true })
})

const pinOf = (lock: string): NonNullable<AttemptSpec['pin']> => ({
  digest: createHash('sha256').update(lock).digest('hex'),
  lock,
  pythonVersion: version,
})

const printSix = 'import six, sys; print(six.__version__, sys.prefix)'

const job = async (pin: AttemptSpec['pin'], env: StageOptions['env'] = {}, code = printSix): Promise<RunnerStage> => {
  const files = { 'train.py': code }
  const task: AttemptSpec['task'] = { kind: 'script', path: 'train.py', arguments: [] }
  const stage = await stageRunner({ bundle, cacheDir, env, files, spec: { task, pin } })
  stages.push(stage)
  return stage
}

/** A way out that leads nowhere, and no second try. */
const offline = { ALL_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', UV_HTTP_RETRIES: '0' }

const taskLog = (stage: RunnerStage) =>
  stage.server
    .log()
    .toString()
    .split('\n')
    .filter((line) => !line.startsWith('[novabrain]'))
    .join('\n')

test('a job runs in exactly the environment of its pin, and the log tells how that was made', async () => {
  const pin = pinOf(six)
  const stage = await job(pin)
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(taskLog(stage)).toBe(`1.17.0 ${join(cacheDir, 'envs', pin.digest)}\n`)
  expect(stage.server.log().toString()).toMatch(/\[novabrain\] Installed 1 package/)
})

test('the second job finds the environment warm: nothing is installed, nothing is told', async () => {
  const pin = pinOf(six)
  await (await job(pin)).result()
  const marker = join(cacheDir, 'envs', pin.digest, 'novabrain.lock')
  const before = await stat(marker)
  const warm = await job(pin, offline)
  expect((await warm.result()).verdict.kind).toBe('succeeded')
  expect(warm.server.log().toString()).not.toContain('[novabrain]')
  expect((await stat(marker)).ino).toBe(before.ino)
})

test('jobs that want the same new environment at the same time make it once', async () => {
  const pin = pinOf(six)
  const runners = await Promise.all([job(pin), job(pin), job(pin)])
  const results = await Promise.all(runners.map((stage) => stage.result()))
  expect(results.map(({ verdict }) => verdict.kind)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  const installs = runners.filter((stage) => stage.server.log().toString().includes('Installed 1 package'))
  expect(installs).toHaveLength(1)
  expect(await readdir(join(cacheDir, 'envs'))).toEqual([pin.digest])
})

test("with uv's cache warm a new environment is made without a network", async () => {
  await (await job(pinOf(six))).result()
  await rm(join(cacheDir, 'envs'), { recursive: true })
  const stage = await job(pinOf(six), offline)
  expect((await stage.result()).verdict.kind).toBe('succeeded')
})

test('without a network and without a cache the job fails with what was looked for, and leaves no half environment', async () => {
  const stage = await job(pinOf(six), offline)
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('environment_failed')
  expect(verdict.evidence).toMatch(/^Failed to fetch.*six/)
  expect(await readdir(join(cacheDir, 'envs'))).toEqual([])
})

test('what the index serves must have the hash of the lock', async () => {
  const stage = await job(pinOf(`six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`))
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('environment_failed')
  expect(verdict.evidence).toContain('Hash mismatch for `six==1.17.0`')
})

test('a package that does not build fails the environment with the line that says why', async () => {
  const archive = await brokenPackage()
  const stage = await job(pinOf(archive.requirement))
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('environment_failed')
  expect(verdict.evidence).toMatch(/Failed to build `broken.*RuntimeError: CUDA_HOME is not set/)
})

test.each([
  ['its environment', async () => ({ pin: pinOf(await largePackage()), code: printSix })],
  ['its code', () => Promise.resolve({ pin: null, code: `# ${'x'.repeat(3_000_000)}` })],
])('a disk too small for %s ends the job with that verdict, and the disk is left as it was', async (_, make) => {
  const { pin, code } = await make()
  const small = join(cacheDir, 'small')
  const unmount = await mountSmallDisk(small, 2)
  if (unmount === null) return
  try {
    const task: AttemptSpec['task'] = { kind: 'script', path: 'train.py', arguments: [] }
    const stage = await stageRunner({ bundle, cacheDir: small, files: { 'train.py': code }, spec: { task, pin } })
    stages.push(stage)
    const { verdict } = await stage.result()
    expect(verdict).toMatchObject({ kind: 'disk_full', evidence: expect.stringMatching(/no space left on device/i) })
    expect(await stage.living()).toEqual([])
    expect((await readdir(small, { recursive: true })).filter((name) => /making|partial/.test(name))).toEqual([])
  } finally {
    await unmount()
  }
})

test('a job stopped while its environment is made ends with nothing left of that', async () => {
  const archive = await brokenPackage('import time; time.sleep(600)')
  const stage = await job(pinOf(archive.requirement))
  await stage.server.until(() => stage.server.log().toString().includes('Building broken'))
  stage.server.stop('cancelled')
  expect((await stage.result()).verdict.kind).toBe('cancelled')
  expect(await stage.living()).toEqual([])
  expect(await readdir(join(cacheDir, 'envs'))).toEqual([])
})

test('the lock of a runner that was killed is taken over', async () => {
  const pin = pinOf(six)
  await mkdir(join(cacheDir, 'envs'), { recursive: true })
  await writeFile(join(cacheDir, 'envs', `${pin.digest}.lock`), JSON.stringify({ pid: process.pid, startTicks: 1 }))
  const stage = await job(pin)
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(await readdir(join(cacheDir, 'envs'))).toEqual([pin.digest])
})

test('a job that changes its environment spoils it for nobody', async () => {
  const pin = pinOf(six)
  const spoil = `import pathlib, six
folder = pathlib.Path(six.__file__).parent
(folder / "evil-1.0.dist-info").mkdir()
(folder / "evil.py").write_text("")`
  expect((await (await job(pin, {}, spoil)).result()).verdict.kind).toBe('succeeded')
  const next = await job(pin, {}, 'import evil')
  expect((await next.result()).verdict).toMatchObject({ kind: 'missing_package', module: 'evil' })
})

test.each(['', '{"digest"', '{"digest": "of another version"}'])(
  'an environment whose marker says %p is made anew',
  async (said) => {
    const pin = pinOf(six)
    const folder = join(cacheDir, 'envs', pin.digest)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, '.novabrain-ready'), said)
    expect((await (await job(pin)).result()).verdict.kind).toBe('succeeded')
  },
)

test('a Python nobody has is named', async () => {
  const stage = await job({ ...pinOf(six), pythonVersion: '3.99.1' }, { UV_PYTHON_DOWNLOADS: 'never' })
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('environment_failed')
  expect(verdict.evidence).toMatch(/Python 3\.99\.1 is pinned and not on this machine/)
})

test('a pin without packages is an environment too', async () => {
  const stage = await job(pinOf('# nothing\n'), {}, 'import sys; print(sys.prefix != sys.base_prefix)')
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(taskLog(stage)).toBe('True\n')
})

/** The requirement for a wheel of 4 MB that lies on this machine. */
const largePackage = async (): Promise<string> => {
  const wheel = join(cacheDir, 'large-1.0-py3-none-any.whl')
  const program = `import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("large.bin", os.urandom(4_000_000))
    wheel.writestr("large-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: large\\nVersion: 1.0\\n")
    wheel.writestr("large-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("large-1.0.dist-info/RECORD", "")
`
  await promisify(execFile)(await findPython(), ['-I', '-c', program, wheel])
  const digest = createHash('sha256')
    .update(await readFile(wheel))
    .digest('hex')
  return `large @ file://${wheel} --hash=sha256:${digest}\n`
}

/** A source archive whose build does what it is told, and the requirement that asks for it. */
const brokenPackage = async (
  code = 'raise RuntimeError("CUDA_HOME is not set")',
): Promise<{ readonly requirement: string }> => {
  const folder = join(cacheDir, 'source', 'broken-1.0')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'pyproject.toml'),
    `[project]\nname = "broken"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
  )
  await writeFile(
    join(folder, 'backend.py'),
    `def build_wheel(*_, **__):\n    ${code}\n\ndef build_sdist(*_, **__):\n    ${code}\n`,
  )
  const archive = join(cacheDir, 'broken-1.0.tar.gz')
  await promisify(execFile)('tar', ['czf', archive, '-C', join(cacheDir, 'source'), 'broken-1.0'])
  const { stdout } = await promisify(execFile)('sha256sum', [archive])
  return { requirement: `broken @ file://${archive} --hash=sha256:${stdout.split(' ')[0] ?? ''}\n` }
}
