import type { ExcludedFile } from '../schema/snapshot.js'
import type { Node } from '../schema/cluster.js'
import type { SubmitJob } from '../schema/job.js'
import {
  captureWorkspace,
  pinEnvironment,
  readFile,
  sendSnapshot,
  type KnownHashes,
  type Workspace,
} from '../capture/workspace.js'
import type { Client } from '../client/client.js'
import type { RememberedPin } from '../environment/drift.js'
import { NovaBrainError, type Locale } from '../errors/error.js'
import { cardError, isAway } from './card-error.js'
import type { DeviceChoice, DraftEnvironment, SubmitChoice, SubmitDraft, SubmitProgress } from './draft.js'
import { taskOf, type Source } from './source.js'

/** What a submission needs of its surroundings. */
export interface SubmissionParts {
  readonly client: Client
  readonly projectId: string
  readonly source: Source
  readonly locale: Locale
  /** The choices of the last time, where there was one. */
  readonly lastChoice: LastChoice | null
  readonly lastPin: RememberedPin | null
  /** Hashes learned by the last capture of this folder. */
  readonly known: KnownHashes
  /** Milliseconds since 1970. */
  nowMs(): number
  /** A new idempotency key. */
  newKey(): string
  /** Keep a submission that could not be sent; it goes later, once. */
  keep(kept: KeptSubmission): Promise<void>
  /**
   * Where the editor can be closed in the middle of a submit: `begin` is told before anything is sent, with the bytes that
   * are in no file, and `end` when there was an answer. What has begun and not ended is sent again under the same key.
   */
  readonly journal?: { begin(kept: KeptSubmission): Promise<void>; end(key: string): Promise<void> }
  remember(learned: { readonly pin: RememberedPin | null; readonly known: KnownHashes }): void
  /** Called after each change of `draft` or `progress`. */
  changed(): void
}

/** What is remembered of a choice for the next time: how much is asked for, never how urgent it was. */
export type LastChoice = Pick<SubmitChoice, 'resources'>

/** A submission that waits for the server. Its key makes sure that it has one effect. */
export interface KeptSubmission {
  readonly key: string
  readonly projectId: string
  readonly path: string
  readonly keptAtMs: number
  readonly request: Omit<SubmitJob, 'snapshotId'>
  readonly workspace: Omit<Workspace, 'known'>
}

/**
 * One submission, from the press of the key to the job: it infers everything at once, shows what it knows as it comes,
 * and sends when told. What the user changes is asked anew. It knows no editor.
 */
export interface Submission {
  readonly draft: SubmitDraft
  readonly progress: SubmitProgress
  /** Find out everything; never throws, for faults are part of the draft. */
  infer(): Promise<void>
  /** The user changed something. */
  change(choice: SubmitChoice): Promise<void>
  /** Send it. Resolves when it was sent, kept or refused. */
  submit(choice: SubmitChoice): Promise<void>
}

const defaultResources = { gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1000, memoryMib: 1024 }

/** Begin a submission; nothing is asked before `infer`. */
export const createSubmission = (parts: SubmissionParts): Submission => {
  const { client, projectId, source, locale } = parts
  const params = { projectId }
  let workspace: Workspace | null = null
  let pinDigest: string | null = null
  let listAsked = 0
  let inferring: Promise<unknown> = Promise.resolve()
  let submission: Promise<void> | null = null
  const key = parts.newKey()
  let draft: SubmitDraft = {
    name: source.entrypoint.replace(/\.(ipynb|py)$/, ''),
    task: taskOf(source, Object.fromEntries(source.parameters.map((p) => [p.name, p.value ?? p.expression])), []),
    environment: { state: 'inferring' },
    files: { state: 'inferring' },
    resources: parts.lastChoice?.resources ?? { ...defaultResources, gpuCount: 1 },
    queueName: null,
    priorityClass: 'normal',
    preview: { state: 'inferring' },
    deviceChoices: [],
  }
  let progress: SubmitProgress = { kind: 'ready' }

  const show = (change: Partial<SubmitDraft>) => {
    draft = { ...draft, ...change }
    parts.changed()
  }
  const step = (next: SubmitProgress) => {
    progress = next
    parts.changed()
  }

  const capture = async (choice?: Pick<SubmitChoice, 'leaveOut' | 'takeAlong'>): Promise<Workspace> => {
    const captured = await captureWorkspace(source.host, {
      folder: '.',
      entrypoint: { path: source.entrypoint, text: source.text, code: source.code },
      words: source.words,
      known: workspace?.known ?? parts.known,
      ...(choice === undefined ? {} : { leftOut: choice.leaveOut, named: choice.takeAlong }),
    })
    workspace = captured
    parts.remember({ pin: null, known: captured.known })
    const { files, git } = captured
    const excluded = captured.excluded.filter(isWorthAWord)
    show({ files: { state: 'ready', included: files, excluded, git, unsaved: source.unsaved } })
    return captured
  }
  const inferWorkspace = async () => {
    try {
      await inferEnvironment(await capture())
    } catch (error) {
      const failed = { state: 'failed', error: cardError(error, locale) } as const
      show({ environment: failed, files: draft.files.state === 'ready' ? draft.files : failed })
    }
  }
  const inferEnvironment = async (captured: Workspace) => {
    try {
      const result = await pinEnvironment(client, projectId, captured)
      if (result.status === 'conflict') return show({ environment: { state: 'conflict', conflicts: result.conflicts } })
      const { digest, pythonVersion, packages, unavailable } = result.pin
      const versions = Object.fromEntries(captured.capture.distributions.map((d) => [d.name, d.version]))
      const pin = { digest, captureDigest: captured.captureDigest, pythonVersion, versions }
      parts.remember({ pin, known: captured.known })
      pinDigest = digest
      const changes = parts.lastPin === null || parts.lastPin.digest === digest ? 0 : changeCount(parts.lastPin, pin)
      show({
        environment: {
          state: 'pinned',
          pinDigest: digest,
          pythonVersion,
          packageCount: packages.length,
          unavailable,
          ...(changes > 0 ? { changes } : {}),
        },
      })
    } catch (error) {
      if (!isAway(error)) return show({ environment: { state: 'failed', error: cardError(error, locale) } })
      const same = parts.lastPin?.captureDigest === captured.captureDigest ? parts.lastPin : null
      pinDigest = same?.digest ?? null
      if (same !== null) show({ environment: pinnedBefore(same) })
    }
  }
  const inferDevices = async () => {
    if (parts.lastChoice === null) {
      const nodes = await client.listNodes().catch(() => null)
      if (nodes !== null) offer(nodes.items)
    } else
      void client.listNodes().then(
        ({ items }) => show({ deviceChoices: choicesOf(items) }),
        () => undefined,
      )
    await inferPreview()
  }
  const offer = (nodes: readonly Node[]) => {
    const deviceChoices = choicesOf(nodes)
    const gpuCount = deviceChoices.some((choice) => choice.model !== null) ? 1 : 0
    show({ deviceChoices, resources: { ...draft.resources, gpuCount } })
  }
  const inferPreview = async () => {
    const asked = (listAsked += 1)
    try {
      const { name, resources, priorityClass, task } = draft
      const preview = await client.previewJob({ params, body: { name, resources, priorityClass, task } })
      if (asked === listAsked) show({ preview: { state: 'ready', preview } })
    } catch (error) {
      if (asked === listAsked) show({ preview: { state: 'failed', error: cardError(error, locale) } })
    }
  }

  const requestOf = (choice: SubmitChoice): Omit<SubmitJob, 'snapshotId'> => ({
    name: choice.name,
    task: taskOf(source, changedParameters(source, choice.parameters), choice.arguments),
    resources: choice.resources,
    priorityClass: choice.priorityClass,
    pinDigest,
  })
  const send = async (choice: SubmitChoice) => {
    step({ kind: 'sending', step: 'packing' })
    const packed = (await packedFor(choice).catch(refuse)) ?? null
    if (packed === null) return
    const request = requestOf(choice)
    try {
      await parts.journal?.begin(keptOf(request, packed))
      const report = (done: number, total: number) => step({ kind: 'sending', step: 'uploading', done, total })
      const job = await sendJob({ client, projectId, host: source.host, workspace: packed, request, key, report })
      await parts.journal?.end(key)
      step({ kind: 'sent', jobNumber: job.number, runId: job.runId })
    } catch (error) {
      if (isAway(error)) return keep(request, packed).then(() => step({ kind: 'offline' }), refuse)
      await parts.journal?.end(key)
      refuse(error)
    }
  }
  const keep = async (request: KeptSubmission['request'], packed: Workspace) =>
    parts.keep(keptOf(request, await carried(source.host, packed)))
  const keptOf = (request: KeptSubmission['request'], packed: Workspace): KeptSubmission => ({
    key,
    projectId,
    path: source.path,
    keptAtMs: parts.nowMs(),
    request,
    workspace: packed,
  })
  const refuse = (error: unknown) => void step({ kind: 'failed', error: cardError(error, locale) })
  const packedFor = async (choice: SubmitChoice): Promise<Workspace> => {
    await inferring
    if (workspace !== null && choice.leaveOut.length === 0 && choice.takeAlong.length === 0) return workspace
    return capture(choice)
  }

  return {
    get draft() {
      return draft
    },
    get progress() {
      return progress
    },
    async infer() {
      inferring = inferWorkspace()
      await Promise.all([inferring, inferDevices()])
    },
    async change(choice) {
      const asksAnew = JSON.stringify(choice.resources) !== JSON.stringify(draft.resources)
      const priorityMoved = choice.priorityClass !== draft.priorityClass
      draft = { ...draft, name: choice.name, resources: choice.resources, priorityClass: choice.priorityClass }
      if (asksAnew || priorityMoved) await inferPreview()
    },
    submit(choice) {
      submission ??= send(choice).finally(() => (submission = null))
      return submission
    },
  }
}

/** Folders of tools, such as JupyterLab's own checkpoints, lie beside every notebook; nobody misses them. */
const isWorthAWord = ({ reason, sizeBytes }: ExcludedFile): boolean => reason !== 'tool_folder' || sizeBytes > 0

/** Upload what is missing and submit; used for the first try and for a kept submission alike. */
export const sendJob = async (order: {
  client: Client
  projectId: string
  host: Source['host']
  workspace: Omit<Workspace, 'known'>
  request: Omit<SubmitJob, 'snapshotId'>
  key: string
  report?: (done: number, total: number) => void
}) => {
  const { client, projectId, host, request, key } = order
  const workspace: Workspace = { ...order.workspace, known: {} }
  const pinDigest = request.pinDigest ?? (await pinNow(client, projectId, workspace))
  const snapshot = await sendSnapshot(client, projectId, host, workspace, ({ done, total }) =>
    order.report?.(done, total),
  )
  return client.submitJob({
    params: { projectId },
    body: { ...request, pinDigest, snapshotId: snapshot.id },
    idempotencyKey: key,
  })
}

/** A submission never runs in another environment than its own: where it could not be pinned before, it is now. */
const pinNow = async (client: Client, projectId: string, workspace: Workspace): Promise<string> => {
  const result = await pinEnvironment(client, projectId, workspace)
  if (result.status === 'pinned') return result.pin.digest
  const [first] = result.conflicts
  const detail = `${first?.left.requirement ?? '?'} × ${first?.right.requirement ?? '?'}`
  throw new NovaBrainError('environment_resolve_failed', { detail })
}

/** The same with the bytes of every file inside, so that it can be sent when the kernel is gone. */
const carried = async (host: Source['host'], workspace: Workspace): Promise<Workspace> => {
  const inMemory = new Map(workspace.inMemory)
  for (const { digest, path } of workspace.files)
    if (!inMemory.has(digest)) inMemory.set(digest, await readFile(host, workspace.folder, path))
  return { ...workspace, inMemory }
}

const pinnedBefore = (pin: RememberedPin): DraftEnvironment => ({
  state: 'pinned',
  pinDigest: pin.digest,
  pythonVersion: pin.pythonVersion,
  packageCount: Object.keys(pin.versions).length,
  unavailable: [],
})

/** Only what differs from the notebook is sent, so that the notebook stays the place where defaults live. */
const changedParameters = (
  source: Source,
  chosen: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(chosen).filter(([name, value]) => {
      const known = source.parameters.find((parameter) => parameter.name === name)
      return known === undefined || (known.value ?? known.expression) !== value
    }),
  )

const changeCount = (before: RememberedPin, now: RememberedPin): number => {
  const names = new Set([...Object.keys(before.versions), ...Object.keys(now.versions)])
  return [...names].filter((name) => before.versions[name] !== now.versions[name]).length
}

const choicesOf = (nodes: readonly Node[]): DeviceChoice[] => {
  const byModel = new Map<string, DeviceChoice>()
  for (const { devices } of nodes.filter((node) => node.state === 'ready')) {
    const gpus = devices.filter(({ kind }) => kind === 'gpu')
    for (const device of gpus) {
      const free = device.freeMilli === 1000 ? 1 : 0
      const known = byModel.get(device.model)
      const here = gpus.filter(({ model }) => model === device.model).length
      byModel.set(device.model, {
        model: device.model,
        memoryMib: Math.max(known?.memoryMib ?? 0, device.memoryMib),
        simulated: device.simulated,
        total: (known?.total ?? 0) + 1,
        free: (known?.free ?? 0) + free,
        mostOnNode: Math.max(known?.mostOnNode ?? 0, here),
      })
    }
  }
  return [...byModel.values()]
}
