import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AttemptResult, AttemptSpec, Verdict } from '@novabrain/contracts'
import type { RunnerConfig } from './config.js'
import { EnvironmentFailedError } from './environment.js'
import { isDiskFull } from './files.js'
import { overuseNote } from './gpu-share.js'
import { startHeart, type Heart } from './heart.js'
import { killLeftovers } from './leftovers.js'
import { openKernelLine, planKernel, type KernelRun } from './kernel.js'
import { AttemptOverError, createLink, type ServerLink } from './link.js'
import { startLogSender } from './log-sender.js'
import { openLogSpool, type LogSpool } from './log-spool.js'
import { followNotebook, planNotebook, readReport, type NotebookRun } from './notebook.js'
import { keepOutputs, openOutputsFolder, type OutputsFolder } from './outputs.js'
import { locatePython, prepare, type Prepared } from './preparation.js'
import { fetchSnapshot, SnapshotFailedError } from './snapshot.js'
import { openStateFile, type StateFile } from './state-file.js'
import type { Stopper } from './stopper.js'
import { taskCommand } from './task-command.js'
import { taskEnvironment } from './task-environment.js'
import { runTask, type TaskEnd } from './task-run.js'
import { judge, plainVerdict, type EndOfTask } from './verdict.js'
import { findingOf } from './verdict-patterns.js'

/** The files that travel inside the runner. */
export interface RunnerAssets {
  readonly guard: string
  readonly gpuShare: string
  readonly kernelDriver: string
  readonly notebookDriver: string
  readonly notebookToolsLock: string
}

/** Everything the steps of one attempt share. */
interface Scene {
  readonly config: RunnerConfig
  readonly assets: RunnerAssets
  readonly link: ServerLink
  readonly spool: LogSpool
  readonly state: StateFile
  readonly stopper: Stopper
  readonly folders: { readonly code: string; readonly spool: string; readonly gpuShare: string }
  /** A Python of this node, looked for while the server is asked what to run. */
  readonly python: Promise<string | null>
}

/** A running attempt: the scene, what to run, and the heart that tells of it. */
interface Play extends Scene {
  readonly spec: AttemptSpec
  readonly heart: Heart
}

/** Outputs that still have to be kept, by what the task left. */
interface Played {
  readonly verdict: Verdict
  readonly save: () => Promise<void>
}

const longestAskMs = 1500
const lookForWorkDirMs = 5000
/** A result nobody asks for in this time is not asked for at all. */
const longestFarewellMs = 86_400_000

/**
 * Run one attempt from its spec to its accepted result. The server may be away at any time: what is to be told waits on
 * disk or here, and is sent again until it is accepted; only the server's word, or the loss of the work folder, ends that.
 */
export const runAttempt = async (config: RunnerConfig, assets: RunnerAssets, stopper: Stopper): Promise<void> => {
  const scene = await setScene(config, assets, stopper)
  const watch = setInterval(() => {
    void scene.state.exists().then((there) => there || stopper.order('over'))
  }, lookForWorkDirMs)
  try {
    await play(scene)
    await scene.state.update({ acknowledged: true })
  } catch (error) {
    if (!stopper.over.aborted && !(error instanceof AttemptOverError)) throw error
    await scene.state.update({ phase: 'over' })
  } finally {
    clearInterval(watch)
    await killLeftovers(config.attemptId)
    await scene.spool.close()
  }
}

const setScene = async (config: RunnerConfig, assets: RunnerAssets, stopper: Stopper): Promise<Scene> => {
  const python = locatePython(config.python)
  const spoolFolder = join(config.workDir, 'spool')
  const folders = {
    code: join(config.workDir, 'code'),
    spool: spoolFolder,
    gpuShare: join(spoolFolder, 'gpu-share'),
  }
  for (const folder of [folders.code, folders.gpuShare, config.cacheDir]) await mkdir(folder, { recursive: true })
  await writeFile(join(folders.spool, 'guard.py'), assets.guard)
  await writeFile(join(folders.gpuShare, 'sitecustomize.py'), assets.gpuShare)
  await writeFile(join(folders.spool, 'notebook_driver.py'), assets.notebookDriver)
  await writeFile(join(folders.spool, 'kernel_driver.py'), assets.kernelDriver)
  const state = await openStateFile(config.workDir, config.attemptId)
  const spool = await openLogSpool(join(folders.spool, 'log'))
  return { config, assets, link: createLink(config), spool, state, stopper, folders, python }
}

const play = async (scene: Scene): Promise<void> => {
  const { link, spool, state, stopper } = scene
  const spec = await link.spec(stopper.over)
  const sending = new AbortController()
  stopper.over.addEventListener('abort', () => sending.abort(), { once: true })
  const heart = startHeart(link, spec.heartbeatIntervalMs, stopper.order, sending.signal)
  const sender = startLogSender(link, spool, sending.signal)
  try {
    const { verdict, save } = await perform({ ...scene, spec, heart })
    stopper.over.throwIfAborted()
    heart.at('saving')
    await noteVerdict(spool, verdict)
    await state.update({ phase: 'finished', result: resultOf(notAllKept(verdict), spool) })
    setTimeout(() => stopper.order('over'), longestFarewellMs).unref()
    await save()
    await sender.flush()
    await heart.ask()
    const result = resultOf(verdict, spool)
    await state.update({ result })
    await link.finish(result, stopper.over)
  } finally {
    sending.abort()
  }
}

const resultOf = (verdict: Verdict, spool: LogSpool): AttemptResult => ({ verdict, logSizeBytes: spool.size() })

/** What whoever asks this process in vain finds until everything is kept. */
const notAllKept = (verdict: Verdict): Verdict => {
  const words = 'The runner ended while it kept the outputs: files, or the end of the log, may be missing.'
  return { ...verdict, evidence: verdict.evidence === null ? words : `${verdict.evidence.slice(0, 3800)}\n${words}` }
}

const noteVerdict = async (spool: LogSpool, verdict: Verdict): Promise<void> => {
  if (verdict.kind === 'succeeded') return
  await spool.note(verdict.evidence === null ? verdict.kind : `${verdict.kind}: ${verdict.evidence}`)
}

/** Code, environment, task; a failure of the first two is a verdict too. */
const perform = async (scene: Play): Promise<Played> => {
  const nothingToSave = () => Promise.resolve()
  try {
    const prepared = await getReady(scene)
    return await runAndJudge(scene, prepared)
  } catch (error) {
    if (scene.stopper.over.aborted) throw error
    await learnWhy(scene.stopper, scene.heart)
    return { verdict: verdictOfFault(error, scene), save: nothingToSave }
  }
}

const getReady = async (scene: Play) => {
  const { config, assets, folders, link, spec, stopper, heart, spool, state } = scene
  heart.at('fetching_code')
  await state.update({ phase: 'fetching_code' })
  await fetchSnapshot(spec.files, folders.code, config.cacheDir, link, stopper.signal)
  heart.at('preparing_environment')
  await state.update({ phase: 'preparing_environment' })
  const python = await scene.python
  if (python === null) throw new EnvironmentFailedError('There is no Python on this node.')
  const guarding = { python, guardPath: join(folders.spool, 'guard.py'), folder: folders.spool }
  const tell = (line: string) => {
    heart.at('preparing_environment', line)
    void spool.note(line)
  }
  const options = { config, guarding, toolsLock: assets.notebookToolsLock, stop: stopper.signal, tell }
  return { ...(await prepare(spec, options)), guarding }
}

type Ready = Awaited<ReturnType<typeof getReady>>

const runAndJudge = async (scene: Play, prepared: Ready): Promise<Played> => {
  const { spec, folders, link, heart, spool, state, stopper } = scene
  stopper.signal.throwIfAborted()
  const notebook = await planNotebook(spec, folders.code, folders.spool, prepared.python)
  const kernel = await planKernel(spec, folders.spool, prepared.python)
  const line = kernel === null ? null : await openKernelLine(kernel, link, stopper.over)
  const command = commandOf(scene, prepared, notebook ?? kernel)
  const outputs = await outputFolders(folders.code, command.cwd)
  await mkdir(checkpointsOf(scene), { recursive: true, mode: 0o700 })
  heart.at('running')
  await state.update({ phase: 'running' })
  const tell = (line: string) => void spool.note(line)
  const follower =
    notebook === null
      ? null
      : followNotebook(
          notebook,
          link,
          ({ cellsDone, cellCount }) => {
            heart.at('running', `cell ${Math.min(cellsDone + 1, cellCount)}/${cellCount}`)
          },
          tell,
          stopper.over,
        )
  const end = await runTask(
    {
      guarding: prepared.guarding,
      command,
      attemptId: spec.attemptId,
      gpuIndices: spec.devices.filter(({ simulated }) => !simulated).map(({ index }) => index),
      timeLimitMs: spec.timeLimitMs,
      gracePeriodMs: spec.gracePeriodMs,
      sampleEveryMs: Math.max(500, 2 * spec.heartbeatIntervalMs),
      onOutput: spool.append,
      onSample: heart.add,
      onGpuUse: overuseNote(spec.devices, tell),
    },
    stopper,
  )
  await learnWhy(stopper, heart)
  const verdict = judge(await endOfTask(scene, end, notebook ?? kernel))
  if (end.leftovers > 0) await spool.note(`${end.leftovers} processes the task had left running were ended`)
  const save = async () => {
    await follower?.finish()
    await line?.finish()
    for (const folder of outputs) await keepOutputs(folder, link, tell, stopper.over)
  }
  return { verdict, save }
}

/** The folder of the job, not of the attempt: the next one finds there what this one saved. */
const checkpointsOf = ({ config, spec }: Play): string => join(config.checkpointsDir, spec.jobId)

/** An executor asks the node to stop a job also when it was cancelled. The server, if it is there, knows which it was. */
const learnWhy = async (stopper: Stopper, heart: Heart): Promise<void> => {
  if (stopper.reason() === 'node_stopped') await Promise.race([heart.ask(), delay(longestAskMs)])
}

const commandOf = (scene: Play, prepared: Prepared, driven: Pick<NotebookRun | KernelRun, 'planPath'> | null) => {
  const { spec, config, folders } = scene
  const tools =
    driven === null || prepared.toolsPython === null
      ? null
      : {
          python: prepared.toolsPython,
          driver: join(folders.spool, `${spec.task.kind}_driver.py`),
          plan: driven.planPath,
        }
  const command = taskCommand(spec.task, folders.code, prepared.python, tools)
  const place = {
    serverUrl: config.serverUrl,
    token: config.token,
    environmentDir: prepared.environmentDir,
    outputsDir: join(command.cwd, 'outputs'),
    checkpointsDir: checkpointsOf(scene),
    gpuShareDir: folders.gpuShare,
  }
  return { ...command, env: taskEnvironment(spec, place, process.env) }
}

/** `outputs` in the root of the code and beside the task; made, so that a task can write there without asking. */
const outputFolders = async (codeDir: string, cwd: string): Promise<readonly OutputsFolder[]> => {
  const paths = [...new Set([join(codeDir, 'outputs'), join(cwd, 'outputs')])]
  await mkdir(join(cwd, 'outputs'), { recursive: true })
  return Promise.all(paths.map(openOutputsFolder))
}

const endOfTask = async (
  scene: Play,
  end: TaskEnd,
  driven: Pick<NotebookRun, 'reportPath'> | null,
): Promise<EndOfTask> => ({
  exitCode: end.exitCode,
  signal: end.signal,
  stop: scene.stopper.reason(),
  timedOutAfterMs: end.timedOut ? scene.spec.timeLimitMs : null,
  outputTail: scene.spool.tail(),
  gpuGranted: scene.spec.devices.length > 0,
  memory: { peakMib: end.peakMib, limitMib: scene.spec.memoryMib, oomKills: end.oomKills },
  spoolFull: scene.spool.wasFull(),
  notebook: await readReport(driven),
})

/** What to make of a failure outside the task. One that nobody foresaw is ours: the attempt is lost, not the job's fault. */
const verdictOfFault = (error: unknown, { stopper, spec }: Play): Verdict => {
  const reason = stopper.reason()
  if (reason !== null) return judge(stoppedBeforeStart(reason, spec))
  if (error instanceof SnapshotFailedError) return plainVerdict('snapshot_failed', error.message)
  if (error instanceof EnvironmentFailedError) return plainVerdict(kindOfFailure(error), error.message)
  if (isDiskFull(error)) return plainVerdict('disk_full', error instanceof Error ? error.message : null)
  return plainVerdict('lost', `The runner failed: ${error instanceof Error ? error.message : String(error)}`)
}

/** uv says in words what the system told it. */
const kindOfFailure = ({ message }: EnvironmentFailedError): 'disk_full' | 'environment_failed' =>
  findingOf(message, false)?.kind === 'disk_full' ? 'disk_full' : 'environment_failed'

const stoppedBeforeStart = (stop: NonNullable<EndOfTask['stop']>, spec: AttemptSpec): EndOfTask => ({
  exitCode: null,
  signal: null,
  stop,
  timedOutAfterMs: null,
  outputTail: '',
  gpuGranted: false,
  memory: { peakMib: 0, limitMib: spec.memoryMib, oomKills: 0 },
  spoolFull: false,
  notebook: null,
})
