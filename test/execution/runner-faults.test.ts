import { rm } from 'node:fs/promises'
import { bundleRunner, stageRunner, type RunnerStage, type StageOptions } from '../support/runner.js'
import type { Weather } from '../support/runner-server.js'

jest.setTimeout(60_000)

let bundle: string
const stages: RunnerStage[] = []

beforeAll(async () => {
  bundle = await bundleRunner()
})
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()))
})

const script = async (code: string, options: Partial<StageOptions> = {}): Promise<RunnerStage> => {
  const stage = await stageRunner({
    bundle,
    files: { 'train.py': code },
    spec: { task: { kind: 'script', path: 'train.py', arguments: [] } },
    ...options,
  })
  stages.push(stage)
  return stage
}

const logOf = (stage: RunnerStage) => stage.server.log().toString()

const counting = `import time
for step in range(40):
  print("step", step)
  time.sleep(0.05)`
const counted = Array.from({ length: 40 }, (_, step) => `step ${step}\n`).join('')

test.each<Weather>(['unavailable', 'reset'])(
  'a server that is %s in the middle of a run costs the job nothing: no line is lost or doubled',
  async (weather) => {
    const stage = await script(counting)
    await stage.server.until(() => logOf(stage).includes('step 5'))
    stage.server.setWeather(weather)
    await stage.server.until(() => stage.server.failures() >= 5)
    stage.server.setWeather('fair')
    expect((await stage.result()).verdict.kind).toBe('succeeded')
    expect(logOf(stage)).toBe(counted)
    expect(stage.server.heartbeats.map(({ sequence }) => sequence)).toEqual(
      stage.server.heartbeats.map((_, index) => index + 1),
    )
  },
)

test('a job that ends while the server is away is told when the server is back', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(0.3)\nprint("done")\nraise SystemExit(3)')
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.setWeather('reset')
  await stage.server.until(() => stage.server.failures() >= 12)
  expect(stage.server.result()).toBeNull()
  stage.server.setWeather('fair')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'exit_code', exitCode: 3 })
  expect(logOf(stage)).toBe('up\ndone\n[novabrain] exit_code: done\n')
})

test('what was measured while the server was away arrives before the result', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(1.5)')
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.setWeather('reset')
  await stage.server.until(() => stage.server.failures() >= 8)
  const before = stage.server.heartbeats.flatMap(({ samples }) => samples).length
  stage.server.setWeather('fair')
  await stage.result()
  expect(stage.server.heartbeats.flatMap(({ samples }) => samples).length).toBeGreaterThan(before + 1)
})

test('a log for which the server has no room is kept, and sent when there is room again', async () => {
  const stage = await script(counting)
  await stage.server.until(() => logOf(stage).includes('step 5'))
  stage.server.setWeather('full')
  await stage.server.until(() => stage.server.failures() >= 3)
  stage.server.setWeather('fair')
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe(counted)
})

test('a server that never has room for the log hears how the job ended all the same', async () => {
  const stage = await script('print("nowhere to go")', { prepare: (server) => server.setWeather('full') })
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe('')
})

test('a slow server gets everything too', async () => {
  const stage = await script(counting, { prepare: (server) => server.setWeather('slow') })
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe(counted)
})

test('a runner started while the server is away waits for it', async () => {
  const stage = await script('print("late")', { prepare: (server) => server.setWeather('unavailable') })
  await stage.server.until(() => stage.server.failures() >= 3)
  stage.server.setWeather('fair')
  expect((await stage.result()).verdict.kind).toBe('succeeded')
})

test('a server that lost the end of the log gets it again', async () => {
  const stage = await script(counting)
  await stage.server.until(() => logOf(stage).includes('step 10'))
  stage.server.forgetLogAfter(7)
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe(counted)
})

test('an attempt the server has given up is killed at once and reports nothing', async () => {
  const stage = await script(
    'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("up")\ntime.sleep(600)',
  )
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.declareOver()
  expect(await stage.exited).toBe(0)
  expect(stage.server.result()).toBeNull()
  expect(await stage.living()).toEqual([])
})

test('a runner whose token is not good for the attempt runs nothing', async () => {
  const stage = await script('print("never")', { env: { NOVABRAIN_ATTEMPT_TOKEN: 'stolen' } })
  expect(await stage.exited).toBe(0)
  expect(logOf(stage)).toBe('')
})

test('a runner whose work folder was taken away stops by itself', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(600)')
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.setWeather('reset')
  await rm(stage.workDir, { recursive: true, force: true })
  await stage.exited
  expect(await stage.living()).toEqual([])
})

test('a job killed from outside, with memory to spare, is told as a signal and not as out of memory', async () => {
  const stage = await script('import os, signal\nos.kill(os.getpid(), signal.SIGKILL)')
  const { verdict } = await stage.result()
  expect(verdict).toMatchObject({ kind: 'signal', signal: 'SIGKILL' })
  expect(verdict.evidence).toMatch(/killed from outside/)
})

test('a job that printed a real memory error of Python is out of host memory', async () => {
  const stage = await script(
    'import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28))\nx = bytearray(2**30)',
  )
  expect((await stage.result()).verdict).toMatchObject({ kind: 'out_of_host_memory', evidence: 'MemoryError' })
})

test('a disk that is full for the job is told as that', async () => {
  const stage = await script('f = open("/dev/full", "w", buffering=1)\nf.write("x\\n")')
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'disk_full',
    evidence: 'OSError: [Errno 28] No space left on device',
  })
})
