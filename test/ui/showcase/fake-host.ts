import type { Client, Connection, Job, LiveMessage, Locale } from '@novabrain/contracts'
import type { Host, ThemeKind } from '@novabrain/ui'
import * as data from './data.js'
import * as models from './models.js'
import { traces } from './traces.js'

/** What the fake host can be told to be like. */
export interface FakeOptions {
  readonly locale?: Locale
  readonly theme?: ThemeKind
  readonly connection?: Connection['state']
  readonly empty?: boolean
  /** Answer with a log of a hundred megabytes, made as it is read. */
  readonly largeLog?: boolean
  readonly fails?: Error
}

/** A host with made-up answers, that remembers what was asked of it and lets a test say things to its listeners. */
export interface FakeHost extends Host {
  readonly calls: { name: string; input: unknown }[]
  tell(message: LiveMessage): void
}

const find = (jobId: string): Job => data.jobs.find((job) => job.id === jobId) ?? data.runningJob

/** A face made of cardboard: enough for pictures and for tests of the elements. */
export const fakeHost = (options: FakeOptions = {}): FakeHost => {
  const calls: { name: string; input: unknown }[] = []
  const listeners = new Set<(message: LiveMessage) => void>()
  const answers: Partial<Record<keyof Client, (input: Record<string, Record<string, unknown>>) => unknown>> = {
    listJobs: ({ query }) => {
      const active = query?.['status'] === 'active'
      const items = data.jobs.filter((job) => (job.endedAt === null) === active)
      return { items: options.empty === true ? [] : items, nextCursor: null }
    },
    listRuns: () => ({ items: options.empty === true ? [] : [data.looseRun], nextCursor: null }),
    getJob: ({ params }) => find(String(params?.['jobId'])),
    getRun: ({ params }) => {
      const job = data.jobs.find((each) => each.runId === params?.['runId'])
      const link = job === undefined ? null : { id: job.id, number: job.number, status: job.status }
      const change = job?.number === data.failedJob.number ? { params: data.manyParams } : {}
      return { ...data.run, ...change, id: params?.['runId'], name: job?.name ?? data.run.name, job: link }
    },
    explainJob: () => data.explanation,
    stopJob: ({ params }) => ({ ...find(String(params?.['jobId'])), status: 'stopping' }),
    submitJob: () => data.queuedJob,
    getMetricSeries: ({ query }) => data.series(String(query?.['key'])),
    listResourceSamples: ({ params }) => ({
      items: data.runningJob.attempt?.id === params?.['attemptId'] ? data.samples : [],
    }),
    readLog: ({ query }) => {
      const offset = Number(query?.['offset'] ?? 0)
      const end = offset + Number(query?.['limit'] ?? 1e6)
      return options.largeLog === true ? data.largeLog(offset, end) : data.log.slice(offset, end)
    },
    listRunArtifacts: () => ({
      items:
        options.empty === true
          ? []
          : [
              { path: 'model', isDirectory: true, sizeBytes: null },
              { path: 'confusion-matrix.png', isDirectory: false, sizeBytes: 28_412 },
              { path: 'outputs/train-churn.ipynb', isDirectory: false, sizeBytes: 184_220 },
            ],
    }),
    readRunArtifact: () => new TextEncoder().encode('a,b\n1,2\n'),
    getEnvironmentPin: () => data.pin,
    getEnvironmentLock: () => new TextEncoder().encode('numpy==2.3.5\n'),
    getCodeSnapshot: () => data.snapshot,
    getBlob: () => new TextEncoder().encode('import pandas as pd\n'),
    listModels: () => ({ items: options.empty === true ? [] : models.models, nextCursor: null }),
    getModel: () => models.churn,
    listModelVersions: () => ({ items: models.versions, nextCursor: null }),
    getModelVersion: ({ params }) => (params?.['version'] === 9 ? models.unread : models.version),
    setModelAlias: () => models.churn,
    describeModel: () => models.churn,
    readModelFile: () => new TextEncoder().encode('flavors:\n  sklearn: {}\n'),
    listRunModels: ({ params }) =>
      params?.['runId'] === data.modelRunId ? models.runModels : { items: [], versions: [], suggestion: null },
    listTraces: () => ({ items: options.empty === true ? [] : traces, nextCursor: null }),
    listQueueEntries: () =>
      options.empty === true ? { items: [], waitingCount: 0 } : { items: data.queue, waitingCount: data.waitingCount },
    amendJob: () => data.queuedJob,
    getClusterUse: () => (options.empty === true ? data.youngUse : data.clusterUse),
    getSchedulingPolicy: () =>
      options.empty === true
        ? {
            ...data.schedulingPolicy,
            version: 0,
            changedAt: null,
            changedBy: null,
            reason: null,
            fields: data.schedulingPolicy.fields.map((field) => ({ ...field, mayChange: false })),
          }
        : data.schedulingPolicy,
    listQueues: () => ({ items: data.queues, mayChange: options.empty !== true }),
    listQueueChanges: () => ({ items: data.queueChanges }),
    putQueue: () => data.queues[0],
    listPolicyPresets: () => ({
      items: [{ name: 'default', title: 'Short work first', meaning: '', values: data.policyValues }],
    }),
    listPolicyChanges: () => ({ items: options.empty === true ? [] : data.policyChanges }),
    changeSchedulingPolicy: () => ({ ...data.schedulingPolicy, version: 5 }),
    listNodes: () => ({ items: options.empty === true ? [] : data.nodes }),
  }
  const client = new Proxy({} as Client, {
    get: (_, name: string) => async (input: never) => {
      calls.push({ name, input })
      if (options.fails !== undefined) throw options.fails
      const answer = answers[name as keyof Client]
      if (answer === undefined) throw new Error(`The fake host has no answer for ${name}`)
      return answer(input ?? {})
    },
  })
  const kept = new Map<string, string>()
  const connection: Connection = {
    state: options.connection ?? 'online',
    lastHeardAtMs: data.nowMs - 95_000,
    refusedCode: null,
  }
  const note = (name: string) => (input: unknown) => void calls.push({ name, input })
  return {
    calls,
    tell: (message) => listeners.forEach((listener) => listener(message)),
    client,
    projectId: 'f'.repeat(32),
    events: {
      connection,
      subscribe: (_topics, listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      onConnection: () => () => undefined,
      retry: () => note('retry')(null),
    },
    theme: { kind: options.theme ?? 'light', onChange: () => () => undefined },
    locale: () => options.locale ?? 'en',
    now: () => data.nowMs,
    can: () => true,
    openRun: (runId, tab) => note('openRun')({ runId, tab }),
    openJob: (jobId, tab) => note('openJob')({ jobId, tab }),
    openModel: note('openModel'),
    openFile: note('openFile'),
    openDocs: note('openDocs'),
    notify: (message, kind) => note('notify')({ message, kind }),
    persist: (key, value) => void kept.set(key, value),
    restore: (key) => kept.get(key) ?? null,
    copyText: async (text) => note('copyText')(text),
    saveFile: async (name) => note('saveFile')(name),
    jobActions: () => [],
    restoreEnvironment: note('restoreEnvironment'),
  }
}
