import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptResult, AttemptSpec } from '@novabrain/contracts'
import { bundleRunner, newId, stageRunner, type RunnerStage, type StageOptions } from '../support/runner.js'

jest.setTimeout(60_000)

let bundle: string
const stages: RunnerStage[] = []

beforeAll(async () => {
  bundle = await bundleRunner()
})
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()))
})

type ScriptOptions = Partial<Omit<StageOptions, 'spec'>> & { readonly spec?: Partial<AttemptSpec> }

/** Run one script of Python. */
const script = async (code: string, options: ScriptOptions = {}): Promise<RunnerStage> => {
  const stage = await stageRunner({
    bundle,
    ...options,
    files: { 'train.py': code, ...options.files },
    spec: { task: { kind: 'script', path: 'train.py', arguments: [] }, ...options.spec },
  })
  stages.push(stage)
  return stage
}

const logOf = (stage: RunnerStage) => stage.server.log().toString()

test('a script that ends well is reported with its whole log, and the stages it went through', async () => {
  const stage = await script('print("hello"); print("no newline at the end", end="")')
  const { verdict, logSizeBytes } = await stage.result()
  expect(verdict).toEqual({
    kind: 'succeeded',
    exitCode: 0,
    signal: null,
    evidence: null,
    cellIndex: null,
    module: null,
  })
  expect(logOf(stage)).toBe('hello\nno newline at the end')
  expect(logSizeBytes).toBe(stage.server.log().length)
  expect(stage.server.heartbeats.map(({ sequence }) => sequence)).toEqual(
    stage.server.heartbeats.map((_, index) => index + 1),
  )
})

test('100 MB of output arrive byte for byte', async () => {
  const stage = await script(
    'import sys\nline = bytes(range(256)) * 4096\nfor _ in range(100): sys.stdout.buffer.write(line)',
  )
  await stage.result()
  const log = stage.server.log()
  expect(log.length).toBe(100 * 1024 * 1024)
  const pattern = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
  expect(log.subarray(0, 256).equals(pattern)).toBe(true)
  expect(log.subarray(-256).equals(pattern)).toBe(true)
})

test('progress bars, colours, binary noise and text that is not UTF-8 pass through untouched', async () => {
  const stage = await script(
    `import sys
for step in range(3): sys.stderr.write("\\r%d/3" % (step + 1)); sys.stderr.flush()
sys.stdout.buffer.write(b"\\x1b[31mred\\x1b[0m\\x00\\xff\\xfe \\xd6\\xd0\\xce\\xc4\\n")`,
  )
  await stage.result()
  const expected = Buffer.concat([
    Buffer.from('\r1/3\r2/3\r3/3\x1b[31mred\x1b[0m'),
    Buffer.from([0, 255, 254, 32, 0xd6, 0xd0, 0xce, 0xc4, 10]),
  ])
  expect(stage.server.log().equals(expected)).toBe(true)
})

test('standard output and error keep their order, and can be opened again by name', async () => {
  const stage = await script('', {
    files: { 'run.sh': 'echo one; echo two >&2; echo three > /dev/stdout; echo four > /dev/stderr' },
    spec: { task: { kind: 'script', path: 'run.sh', arguments: [] } },
  })
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe('one\ntwo\nthree\nfour\n')
})

test('output of a running job arrives while it runs', async () => {
  const stage = await script('import time\nprint("epoch 1")\ntime.sleep(600)')
  await stage.server.until(() => logOf(stage) === 'epoch 1\n')
  expect(stage.server.result()).toBeNull()
})

test('a job sees its run, its tracking server and its devices, and none of the secrets around the runner', async () => {
  const stage = await script('import json, os; print(json.dumps(dict(os.environ)))', {
    env: { NOVABRAIN_DATABASE_URL: 'postgres://secret', AWS_SECRET_ACCESS_KEY: 'secret', MLFLOW_RUN_ID: 'another' },
    spec: {
      runId: 'a'.repeat(32),
      experimentId: '7',
      cpuMilli: 3500,
      environmentVariables: { SEED: '42', NOVABRAIN_ATTEMPT_ID: 'mine', CUDA_VISIBLE_DEVICES: '7' },
      devices: [{ deviceId: 'b'.repeat(32), index: 2, model: 'A100', milli: 500, memoryMib: 40_000, simulated: true }],
    },
  })
  await stage.result()
  const seen = JSON.parse(logOf(stage)) as Record<string, string>
  expect(seen).toMatchObject({
    MLFLOW_TRACKING_URI: stage.server.url,
    MLFLOW_TRACKING_TOKEN: stage.server.token,
    MLFLOW_RUN_ID: 'a'.repeat(32),
    MLFLOW_EXPERIMENT_ID: '7',
    NOVABRAIN_ATTEMPT_ID: stage.attemptId,
    CUDA_VISIBLE_DEVICES: '2',
    NOVABRAIN_SIMULATED_GPUS: '1',
    NOVABRAIN_GPU_MEMORY_FRACTION: '0.5',
    XLA_PYTHON_CLIENT_MEM_FRACTION: '0.5',
    PYTHONUNBUFFERED: '1',
    OMP_NUM_THREADS: '3',
    SEED: '42',
  })
  const text = JSON.stringify(seen)
  expect(text).not.toContain('secret')
  expect(Object.keys(seen).filter((name) => /TOKEN/.test(name))).toEqual(['MLFLOW_TRACKING_TOKEN'])
})

/** As much of PyTorch as says when it was held to what: real ones need a GPU. */
const torch = `
import sys
class cuda:
    calls, held = [], []
    device_count = staticmethod(lambda: 2)
    _lazy_call = staticmethod(lambda call: cuda.calls.append(call))
    set_per_process_memory_fraction = staticmethod(lambda fraction, device: cuda.held.append((fraction, device)))
`
const share = (milli: number) => ({
  deviceId: 'b'.repeat(32),
  index: 0,
  model: 'NVIDIA H100 80GB HBM3',
  milli,
  memoryMib: Math.floor(81.559 * milli),
  deviceMemoryMib: 81_559,
  simulated: true,
})

const useTorch = `
import os, subprocess, sys
code = "import torch; print(len(torch.cuda.held), end=' '); [call() for call in torch.cuda.calls]; print(torch.cuda.held)"
exec(code)
sys.stdout.flush()
subprocess.run([sys.executable, "-c", code], check=True)
print(any("gpu-share" in place for place in sys.path), os.environ.get("CUSTOMISED"))
`

test('PyTorch on a share is held to it when it first uses CUDA, in every process of the job', async () => {
  const own = 'import os\nos.environ["CUSTOMISED"] = "by the job"\n'
  const stage = await script(useTorch, {
    files: { 'torch/__init__.py': torch, 'own/sitecustomize.py': own },
    spec: { devices: [share(500)], environmentVariables: { PYTHONPATH: 'own:.' } },
  })
  await stage.result()
  const held = '0 [(0.4874, 0), (0.4874, 1)]\n'
  expect(logOf(stage)).toBe(`${held}${held}False by the job\n`)
})

test('PyTorch on a whole device is left alone', async () => {
  const stage = await script(useTorch, { files: { 'torch/__init__.py': torch }, spec: { devices: [share(1000)] } })
  await stage.result()
  expect(logOf(stage)).toBe('0 []\n0 []\nFalse None\n')
})

test('a program that takes more GPU memory than its share finds that in its log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'novabrain-driver-'))
  const driver = `#!/bin/sh\ncase "$1" in --query-gpu=*) echo "0, GPU-a, 0, 41479";; *) cat ${folder}/processes;; esac\n`
  await writeFile(join(folder, 'nvidia-smi'), driver, { mode: 0o755 })
  const code = `import os, time\nopen("${folder}/processes", "w").write("%d, GPU-a, 41478" % os.getpid())\ntime.sleep(60)`
  const stage = await script(code, {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    spec: { devices: [{ ...share(250), simulated: false }] },
  })
  await stage.server.until(() => logOf(stage).includes('more than its share of 20389 MiB'))
  stage.server.stop('cancelled')
  await stage.result()
  const samples = stage.server.heartbeats.flatMap((beat) => beat.samples)
  expect(samples.map(({ gpuMemoryMib }) => gpuMemoryMib)).toContain(41_478)
  await rm(folder, { recursive: true })
})

test('without a device every GPU of the node is hidden', async () => {
  const stage = await script('import os; print(repr(os.environ["CUDA_VISIBLE_DEVICES"]))')
  await stage.result()
  expect(logOf(stage)).toBe("''\n")
})

test('an exception ends the job with its exit code and the line that says what happened', async () => {
  const stage = await script('def train():\n  raise ValueError("labels have 3 classes, 2 were expected")\ntrain()')
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'exit_code',
    exitCode: 1,
    evidence: 'ValueError: labels have 3 classes, 2 were expected',
  })
})

test('a missing package is named', async () => {
  const stage = await script('import surely_not_installed.models')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'missing_package', module: 'surely_not_installed' })
})

test('a script that is not in the snapshot fails with what Python said', async () => {
  const stage = await script('', { spec: { task: { kind: 'script', path: 'absent.py', arguments: [] } } })
  const { verdict } = await stage.result()
  expect(verdict).toMatchObject({ kind: 'exit_code', exitCode: 2 })
  expect(verdict.evidence).toMatch(/No such file/)
})

test('a segmentation fault is told as its signal', async () => {
  const stage = await script('import faulthandler, ctypes; faulthandler.enable(); ctypes.string_at(0)')
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'signal',
    signal: 'SIGSEGV',
    evidence: 'Fatal Python error: Segmentation fault',
  })
})

test('a job that is cancelled ends at once when it does not listen to SIGTERM', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(600)')
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.stop('cancelled')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'cancelled', signal: 'SIGTERM' })
})

test('a job that listens to SIGTERM may write its checkpoint, and that is kept', async () => {
  const stage = await script(
    `import signal, sys, time
def save(*_):
  open("outputs/checkpoint.pt", "w").write("epoch 3"); print("saved"); sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("up")
time.sleep(600)`,
  )
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.stop('preempted')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'preempted', exitCode: 0 })
  expect(Buffer.from(stage.server.outputs.get('outputs/checkpoint.pt') ?? []).toString()).toBe('epoch 3')
})

test('a job that ignores SIGTERM is killed when its grace period is over', async () => {
  const stage = await script(
    `import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0: os.setsid()
print("up")
time.sleep(600)`,
    { spec: { gracePeriodMs: 300 } },
  )
  await stage.server.until(() => logOf(stage).split('up').length === 3)
  stage.server.stop('cancelled')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'cancelled', signal: 'SIGKILL' })
  expect(await stage.living()).toEqual([])
})

test('a job that runs out of its time is told so', async () => {
  const stage = await script('import time\ntime.sleep(600)', { spec: { timeLimitMs: 1000, gracePeriodMs: 300 } })
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'timed_out',
    evidence: 'The time limit of 1 s was reached.',
  })
})

test('what a job leaves running is ended with it, however it hid', async () => {
  const stage = await script(
    `import os, subprocess, sys, time
subprocess.Popen(["sleep", "600"])
if os.fork() == 0:
  os.setsid()
  if os.fork() == 0:
    os.execve("/bin/sleep", ["sleep", "600"], {})
  os._exit(0)
time.sleep(0.2)
print("done")`,
  )
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toContain('done\n')
  expect(await stage.living()).toEqual([])
})

test('nothing of a job lives on when its runner is killed', async () => {
  const stage = await script(
    `import os, subprocess, time
child = subprocess.Popen(["sleep", "600"])
if os.fork() == 0:
  os.setsid()
print("pids", os.getpid(), child.pid, flush=True)
time.sleep(600)`,
  )
  await stage.server.until(() => logOf(stage).split('pids').length === 3)
  expect((await stage.living()).length).toBeGreaterThanOrEqual(4)
  process.kill(stage.pid, 'SIGKILL')
  await stage.exited
  while ((await stage.living()).length > 0) await new Promise(setImmediate)
  const state = JSON.parse(await readFile(join(stage.workDir, 'runner.json'), 'utf8')) as object
  expect(state).toMatchObject({ pid: stage.pid, attemptId: stage.attemptId, phase: 'running', acknowledged: false })
})

test('an executor that asks the work folder finds the process and, in the end, the result', async () => {
  const stage = await script('print("hi")')
  const result = await stage.result()
  const state = JSON.parse(await readFile(join(stage.workDir, 'runner.json'), 'utf8')) as object
  expect(state).toMatchObject({ pid: stage.pid, phase: 'finished', result, acknowledged: true })
  expect(state).toHaveProperty('startTimeTicks', expect.any(Number))
})

test('a runner that is killed while it keeps the outputs leaves the verdict, and that they may not be whole', async () => {
  const stage = await script(
    'import time\nprint("up", flush=True)\ntime.sleep(0.5)\nopen("outputs/model.txt", "w").write("m")',
    {
      files: { 'outputs/keep.txt': '' },
    },
  )
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.setWeather('unavailable')
  const stateOf = async () =>
    JSON.parse(await readFile(join(stage.workDir, 'runner.json'), 'utf8')) as {
      phase: string
      result: AttemptResult | null
    }
  while ((await stateOf()).phase !== 'finished') await new Promise((resolve) => setTimeout(resolve, 20))
  process.kill(stage.pid, 'SIGKILL')
  await stage.exited
  const { result } = await stateOf()
  expect(result?.verdict.kind).toBe('succeeded')
  expect(result?.verdict.evidence).toMatch(/files, or the end of the log, may be missing/)
})

test('a node that asks the runner to stop is obeyed, and the job is told as preempted', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(600)')
  await stage.server.until(() => logOf(stage).includes('up'))
  process.kill(stage.pid, 'SIGTERM')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'preempted', signal: 'SIGTERM' })
})

test('a node that asks the runner to stop a job that was cancelled does not make a preemption of it', async () => {
  const stage = await script('import time\nprint("up")\ntime.sleep(600)', { spec: { heartbeatIntervalMs: 600_000 } })
  await stage.server.until(() => logOf(stage).includes('up') && stage.server.heartbeats.at(-1)?.stage === 'running')
  stage.server.stop('cancelled')
  process.kill(stage.pid, 'SIGTERM')
  expect((await stage.result()).verdict).toMatchObject({ kind: 'cancelled', signal: 'SIGTERM' })
})

test('a file whose path leaves the folder of the code is refused', async () => {
  const stage = await script('', { files: { '../outside.py': 'print()' } })
  expect((await stage.result()).verdict).toMatchObject({ kind: 'snapshot_failed' })
  await expect(readFile(join(stage.workDir, 'outside.py'))).rejects.toThrow('ENOENT')
})

test('a file the server has lost fails the snapshot with its name', async () => {
  const stage = await script(`print("${newId()}")`, { prepare: ({ blobs }) => blobs.clear() })
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('snapshot_failed')
  expect(verdict.evidence).toMatch(/^train\.py: /)
})

test('use of processor and memory is measured while a job runs', async () => {
  const stage = await script(
    `import time
block = bytearray(200 * 1024 * 1024)
for i in range(0, len(block), 4096): block[i] = 1
print("up")
while True: pass`,
  )
  const samples = () => stage.server.heartbeats.flatMap((heartbeat) => heartbeat.samples)
  await stage.server.until(() => samples().some(({ memoryMib, cpuMilli }) => memoryMib >= 200 && cpuMilli > 300))
  expect(samples().every(({ gpuMilli }) => gpuMilli === null)).toBe(true)
})

test('what a job writes into outputs is kept, what came with the code and links out of it are not', async () => {
  const stage = await script(
    `import os
assert open("outputs/old.csv").read() == "a"
open("outputs/changed.csv", "w").write("after")
os.makedirs("outputs/plots/深")
open("outputs/plots/深/loss.svg", "w").write("<svg/>")
os.symlink("/etc/hostname", "outputs/link")
open("elsewhere.txt", "w").write("no")`,
    { files: { 'outputs/old.csv': 'a', 'outputs/changed.csv': 'before' } },
  )
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect([...stage.server.outputs.keys()].sort()).toEqual(['outputs/changed.csv', 'outputs/plots/深/loss.svg'])
  expect(Buffer.from(stage.server.outputs.get('outputs/changed.csv') ?? []).toString()).toBe('after')
})

test("a job's use of its GPUs is asked of the driver", async () => {
  const tools = await mkdtemp(join(tmpdir(), 'novabrain-driver-'))
  const answers = `#!/bin/sh
case "$1" in
  --query-gpu=*) echo "0, GPU-a, 10, 1000"; echo "1, GPU-b, 80, 9000";;
  *) echo "1, GPU-a, 500";;
esac
`
  await writeFile(join(tools, 'nvidia-smi'), answers, { mode: 0o755 })
  const device = { deviceId: 'b'.repeat(32), index: 1, model: 'A100', milli: 1000, memoryMib: 40_000, simulated: false }
  const stage = await script('import os, time\nprint(os.environ["CUDA_VISIBLE_DEVICES"])\ntime.sleep(600)', {
    env: { PATH: `${tools}:${process.env['PATH'] ?? ''}` },
    spec: { devices: [device] },
  })
  const samples = () => stage.server.heartbeats.flatMap((heartbeat) => heartbeat.samples)
  await stage.server.until(() => samples().some(({ gpuMilli }) => gpuMilli === 800))
  expect(samples().find(({ gpuMilli }) => gpuMilli === 800)?.gpuMemoryMib).toBe(9000)
  await stage.server.until(() => logOf(stage) === '1\n')
  await rm(tools, { recursive: true, force: true })
})

test('files keep their names, contents and places, and the arguments their words', async () => {
  const stage = await script('', {
    files: {
      'src/列表.py': 'import sys; print(sys.argv[1:], open("data/x y.bin", "rb").read())',
      'data/x y.bin': new Uint8Array([0, 255]),
    },
    spec: { task: { kind: 'script', path: 'src/列表.py', arguments: ['--name', 'a b', '', '$HOME', '学习'] } },
  })
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).toBe("['--name', 'a b', '', '$HOME', '学习'] b'\\x00\\xff'\n")
})
