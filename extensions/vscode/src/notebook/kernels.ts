import {
  captureWorkspace,
  jobEnded,
  NovaBrainError,
  pinEnvironment,
  sendSnapshot,
  type Job,
  type SubmitJob,
} from '@novabrain/contracts'
import type { App } from '../app.js'
import { submitMemory } from '../capture/memory.js'
import { sourceOf } from '../capture/source.js'
import type { OpenDocument } from '../editor.js'
import type { Live } from '../session.js'
import { openChannel, type KernelChannel } from './kernel-channel.js'

/** The kernel of a notebook: a job with a channel to it. */
export interface NotebookKernel {
  readonly job: Job
  readonly channel: KernelChannel
  interrupt(): Promise<void>
}

/** Kernels of notebooks, by their paths. One that was started in an earlier window is found again. */
export interface NotebookKernels {
  of(document: OpenDocument): Promise<NotebookKernel>
  known(path: string): NotebookKernel | null
  dispose(): void
}

const jobsKey = 'kernelJobs'
const idleTimeoutMs = 1_800_000

/** Kernels on GPUs for notebooks: submitted like any job, with the environment and the files of the notebook. */
export const createNotebookKernels = (app: App): NotebookKernels => {
  const { editor, platform, session } = app
  const kernels = new Map<string, Promise<NotebookKernel>>()
  const ready = new Map<string, NotebookKernel>()

  const remembered = () => editor.memory.get<Record<string, string>>('workspace', jobsKey) ?? {}
  const remember = (path: string, jobId: string | null) => {
    const { [path]: _old, ...others } = remembered()
    return editor.memory.set('workspace', jobsKey, jobId === null ? others : { ...others, [path]: jobId })
  }
  const forget = (path: string) => {
    kernels.delete(path)
    ready.get(path)?.channel.close()
    ready.delete(path)
    void remember(path, null)
  }
  const start = async (document: OpenDocument): Promise<NotebookKernel> => {
    if (!editor.trusted) throw new Error(editor.t('This folder is not trusted, so nothing is run or uploaded from it.'))
    const live = (await session.live()) ?? signedOut()
    const job = (await findAgain(live, remembered()[document.path])) ?? (await submitKernel(app, live, document))
    await remember(document.path, job.id)
    const kernel = await attach(app, live, job)
    ready.set(document.path, kernel)
    kernel.channel.onDead(() => forget(document.path))
    return kernel
  }
  return {
    of(document) {
      const known = kernels.get(document.path)
      if (known !== undefined) return known
      const starting = editor.progress('window', editor.t('Starting a kernel on a GPU'), () => start(document))
      kernels.set(document.path, starting)
      starting.catch(() => forget(document.path))
      return starting
    },
    known: (path) => ready.get(path) ?? null,
    dispose() {
      for (const { channel } of ready.values()) channel.close()
      kernels.clear()
    },
  }

  function signedOut(): never {
    void editor.run('novabrain.runs.focus')
    throw new Error(editor.t('Not signed in: run “NovaBrain: Sign in”.'))
  }
  async function attach(given: App, live: Live, job: Job): Promise<NotebookKernel> {
    const token = await given.session.token()
    const headers = { authorization: `token ${token ?? ''}` }
    const base = `${live.serverUrl}/jupyter/${live.projectId}/api/kernels/${job.id}`
    const channel = openChannel({
      connect: (sessionId) =>
        platform.openSocket(
          `${base.replace(/^http/, 'ws')}/channels?session_id=${encodeURIComponent(sessionId)}`,
          headers,
        ),
      alive: async () =>
        !jobEnded((await live.client.getJob({ params: { projectId: live.projectId, jobId: job.id } })).status),
      newId: () => platform.randomText(16),
      after: (delayMs, callback) => void setTimeout(callback, delayMs),
    })
    const interrupt = async () => {
      await platform.fetch(`${base}/interrupt`, { method: 'POST', headers })
    }
    return { job, channel, interrupt }
  }
}

/** The job of an earlier window, if it still lives. */
const findAgain = async ({ client, projectId }: Live, jobId: string | undefined): Promise<Job | null> => {
  if (jobId === undefined) return null
  const job = await client.getJob({ params: { projectId, jobId } }).catch(() => null)
  return job === null || jobEnded(job.status) ? null : job
}

const submitKernel = async (app: App, live: Live, document: OpenDocument): Promise<Job> => {
  const { client, projectId } = live
  const source = await sourceOf(app, document)
  const memory = submitMemory(app.editor.memory)
  const { entrypoint, text, code, words, host } = source
  const workspace = await captureWorkspace(host, {
    folder: '.',
    entrypoint: { path: entrypoint, text, code },
    words,
    known: memory.knownOf(source.path),
  })
  const pinned = await pinEnvironment(client, projectId, workspace)
  if (pinned.status === 'conflict') {
    const [first] = pinned.conflicts
    throw new NovaBrainError('environment_resolve_failed', {
      detail: `${first?.left.requirement ?? ''} ✕ ${first?.right.requirement ?? ''}`,
    })
  }
  const [snapshot, resources] = await Promise.all([
    sendSnapshot(client, projectId, host, workspace),
    memory.choice()?.resources ?? defaultResources(live),
  ])
  const body: SubmitJob = {
    name: entrypoint.replace(/\.ipynb$/, ''),
    task: { kind: 'kernel', path: entrypoint, idleTimeoutMs },
    // A kernel has a fixed number of GPUs.
    resources: { ...resources, maxGpuCount: null },
    pinDigest: pinned.pin.digest,
    snapshotId: snapshot.id,
  }
  return client.submitJob({ params: { projectId }, body, idempotencyKey: app.platform.randomText(16) })
}

/** One GPU if the cluster has any. */
const defaultResources = async ({ client }: Live): Promise<SubmitJob['resources']> => {
  const { items } = await client.listNodes()
  const some = items.some(({ devices }) => devices.some(({ kind }) => kind === 'gpu'))
  return { gpuCount: some ? 1 : 0 }
}
