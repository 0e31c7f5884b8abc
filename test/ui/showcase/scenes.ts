import { NovaBrainError, UnreachableError, type SubmitDraft } from '@novabrain/contracts'
import { cardErrorOf, type Host } from '@novabrain/ui'
import * as data from './data.js'
import type { FakeOptions } from './fake-host.js'

type Properties = Record<string, unknown>

/** One picture: an element with these properties, in a box of this size. */
export interface Scene {
  readonly tag: string
  readonly width: number
  readonly height?: number
  readonly host?: FakeOptions
  readonly properties?: (host: Host) => Properties
  /** Work to do before the picture. */
  readonly then?: (element: HTMLElement) => void
}

const files: SubmitDraft['files'] = {
  state: 'ready',
  included: data.snapshot.files,
  excluded: data.snapshot.excluded,
  git: { branch: 'feature/churn-v2', commit: '4f2a9c1e77d05b3f', dirty: true },
  unsaved: true,
}
const draft: SubmitDraft = {
  name: 'train-churn.ipynb',
  task: { kind: 'notebook', path: 'churn/train-churn.ipynb', parameters: { epochs: 5, learning_rate: 0.001 } },
  environment: {
    state: 'pinned',
    pinDigest: data.pin.digest,
    pythonVersion: '3.12.4',
    packageCount: 42,
    unavailable: data.pin.unavailable,
  },
  files,
  resources: { gpuCount: 1, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 2000, memoryMib: 8192 },
  queueName: null,
  priorityClass: 'normal',
  preview: {
    state: 'ready',
    preview: {
      startsNow: false,
      message: '2 jobs are ahead of it; the shortest ends in about 4 min.',
      reason: 'devices_busy',
      expectedWaitMs: 250_000,
      resources: { gpuCount: 1, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 2000, memoryMib: 8192 },
      device: { model: 'NVIDIA A10G', memoryMib: 24_576, simulated: true },
      nodeName: 'gpu-node-1',
      peakGpuMemoryMib: null,
      expectedRunMs: 2_700_000,
    },
  },
  deviceChoices: [
    { model: 'NVIDIA A10G', memoryMib: 24_576, simulated: true, total: 4, free: 2, mostOnNode: 4 },
    { model: 'NVIDIA H100', memoryMib: 81_920, simulated: false, total: 8, free: 0, mostOnNode: 8 },
  ],
}
const elasticResources = { ...draft.resources, maxGpuCount: 4 }
const elastic: SubmitDraft = {
  ...draft,
  resources: elasticResources,
  preview: {
    state: 'ready',
    preview: {
      startsNow: true,
      message: 'Starts now on gpu-node-1 with 2 of 1–4 GPUs. It will run about 45 min.',
      reason: 'ready',
      expectedWaitMs: 0,
      resources: elasticResources,
      device: { model: 'NVIDIA A10G', memoryMib: 24_576, simulated: true },
      nodeName: 'gpu-node-1',
      peakGpuMemoryMib: null,
      expectedRunMs: 2_700_000,
    },
  },
}
const inferring: SubmitDraft = {
  ...draft,
  environment: { state: 'inferring' },
  files: { state: 'inferring' },
  preview: { state: 'inferring' },
}
const conflict: SubmitDraft = {
  ...draft,
  environment: {
    state: 'conflict',
    conflicts: [
      {
        package: 'numpy',
        installed: '2.3.5',
        left: { requirement: 'numpy<2', requiredBy: 'tensorflow 2.15.1' },
        right: { requirement: 'numpy>=2.1', requiredBy: 'pandas 3.0.0' },
        suggestion: 'pandas==2.3.3',
      },
    ],
  },
}
const card = (properties: Properties, then?: (element: HTMLElement) => void): Scene => ({
  tag: 'nb-submit-card',
  width: 480,
  properties: () => properties,
  ...(then === undefined ? {} : { then }),
})
const click = (selector: string) => (element: HTMLElement) =>
  element.shadowRoot?.querySelectorAll<HTMLElement>(selector).forEach((each) => each.click())
const unreachable = new UnreachableError('away')
const tooMany = new NovaBrainError('resources_never_available', {
  detail: '99 GPUs asked, the largest node has 4',
  suggestion: '4 GPUs',
})
const page = (properties: Properties): Scene => ({
  tag: 'nb-run-page',
  width: 1060,
  height: 640,
  properties: () => properties,
})

const inModels = (selector: string) => (element: HTMLElement) => {
  const line = element.shadowRoot?.querySelector('nb-run-models')?.shadowRoot
  line?.querySelector<HTMLElement>(selector)?.click()
}

/** Every picture by its name. */
export const scenes: Readonly<Record<string, Scene>> = {
  'run-list-narrow': {
    tag: 'nb-run-list',
    width: 300,
    height: 560,
    properties: () => ({ selectedRunId: data.failedJob.runId }),
  },
  'run-list-wide': { tag: 'nb-run-list', width: 960, height: 420 },
  'run-list-empty': { tag: 'nb-run-list', width: 300, height: 400, host: { empty: true } },
  'run-list-offline': { tag: 'nb-run-list', width: 300, height: 400, host: { connection: 'offline' } },
  'run-list-failed': { tag: 'nb-run-list', width: 300, height: 300, host: { fails: unreachable } },
  'run-page-running': page({ runId: data.runningJob.runId }),
  'run-page-elastic': page({ runId: data.elasticJob.runId }),
  'run-page-queued': page({ runId: data.queuedJob.runId }),
  'run-page-preparing': page({ runId: data.preparingJob.runId }),
  'run-page-failed': page({ runId: data.failedJob.runId }),
  'run-page-missing': page({ runId: data.missingPackageJob.runId }),
  'run-page-metrics': { ...page({ runId: data.runningJob.runId, tab: 'metrics' }), height: 1060 },
  'run-page-log': page({ runId: data.runningJob.runId, tab: 'log' }),
  'run-page-log-wrapped': {
    ...page({ runId: data.runningJob.runId, tab: 'log' }),
    width: 520,
    then: (element) => {
      const log = element.shadowRoot?.querySelector('nb-log-view')?.shadowRoot
      log?.querySelector<HTMLElement>('[aria-pressed]')?.click()
    },
  },
  'log-large': {
    tag: 'nb-log-view',
    width: 900,
    height: 500,
    host: { largeLog: true },
    properties: () => ({ job: data.largeLogJob }),
  },
  'run-page-files': page({ runId: data.runningJob.runId, tab: 'files' }),
  'run-page-environment': page({ runId: data.runningJob.runId, tab: 'environment' }),
  'run-page-code': page({ runId: data.runningJob.runId, tab: 'code' }),
  'run-page-tall': { ...page({ runId: data.runningJob.runId }), height: 980 },
  'run-page-narrow': { ...page({ runId: data.failedJob.runId }), width: 420, height: 760 },
  'card-ready': card({ draft }),
  'card-inferring': card({ draft: inferring }),
  'card-device': card({ draft }, (element) =>
    element.shadowRoot?.querySelectorAll<HTMLElement>('button.head')[1]?.click(),
  ),
  'card-range': card({ draft: elastic }, (element) =>
    element.shadowRoot?.querySelectorAll<HTMLElement>('button.head')[1]?.click(),
  ),
  'card-range-fault': card({ draft: { ...elastic, resources: { ...elastic.resources, gpuCount: 6 } } }, (element) =>
    element.shadowRoot?.querySelectorAll<HTMLElement>('button.head')[1]?.click(),
  ),
  'card-files': card({ draft }, (element) =>
    element.shadowRoot?.querySelectorAll<HTMLElement>('button.head')[2]?.click(),
  ),
  'card-conflict': card({ draft: conflict }),
  'card-undo': card({ draft, undoMs: 1e7 }, click('button.primary')),
  'card-sending': card({ draft, progress: { kind: 'sending', step: 'uploading', done: 2, total: 3 } }),
  'card-failed': {
    tag: 'nb-submit-card',
    width: 480,
    properties: (host) => ({ draft, progress: { kind: 'failed', error: cardErrorOf(tooMany, host.locale()) } }),
  },
  'card-offline': card({ draft, progress: { kind: 'offline' } }),
  'card-sent': card({ draft, progress: { kind: 'sent', jobNumber: 45, runId: data.run.id } }),
  'run-page-model': { ...page({ runId: data.modelRunId }), then: inModels('#begin') },
  'model-list': { tag: 'nb-model-list', width: 1000 },
  'model-list-narrow': { tag: 'nb-model-list', width: 270 },
  'model-list-empty': { tag: 'nb-model-list', width: 700, host: { empty: true } },
  'model-list-failed': { tag: 'nb-model-list', width: 400, host: { fails: unreachable } },
  'model-page': { tag: 'nb-model-page', width: 1000, properties: () => ({ name: 'churn' }) },
  'version-page': { tag: 'nb-version-page', width: 1060, properties: () => ({ name: 'churn', version: 11 }) },
  'version-page-narrow': { tag: 'nb-version-page', width: 380, properties: () => ({ name: 'churn', version: 11 }) },
  'version-page-unread': { tag: 'nb-version-page', width: 700, properties: () => ({ name: 'churn', version: 9 }) },
  'version-page-alias': {
    tag: 'nb-version-page',
    width: 800,
    properties: () => ({ name: 'churn', version: 11 }),
    then: (element) => {
      const aliases = element.shadowRoot?.querySelector('nb-version-aliases')?.shadowRoot
      aliases?.querySelector<HTMLElement>('#set')?.click()
    },
  },
  'trace-list': { tag: 'nb-trace-list', width: 1060 },
  'trace-list-narrow': { tag: 'nb-trace-list', width: 420 },
  'trace-list-empty': { tag: 'nb-trace-list', width: 700, host: { empty: true } },
  'queue-table': { tag: 'nb-queue-table', width: 1000 },
  'queue-failed': {
    tag: 'nb-queue-page',
    width: 600,
    host: { fails: unreachable },
    properties: () => ({ tab: 'waiting' }),
  },
  'queue-empty': { tag: 'nb-queue-table', width: 600, host: { empty: true } },
  'cluster-use': { tag: 'nb-queue-page', width: 1000, properties: () => ({ tab: 'use' }) },
  'cluster-use-young': { tag: 'nb-cluster-use', width: 460, host: { empty: true } },
  'queue-form': { tag: 'nb-queue-page', width: 900, properties: () => ({ tab: 'queues' }) },
  'queue-form-edit': {
    tag: 'nb-queue-form',
    width: 860,
    then: (element) => {
      const form = element.shadowRoot
      form?.querySelectorAll<HTMLElement>('.head button')[2]?.click()
      setTimeout(() => {
        const owns = form?.querySelector<HTMLInputElement>('#owns')
        if (!owns) return
        owns.value = 'many'
        owns.dispatchEvent(new Event('input'))
        setTimeout(() => form?.querySelector<HTMLElement>('button.primary')?.click(), 50)
      }, 50)
    },
  },
  'queue-form-read': { tag: 'nb-queue-form', width: 420, host: { empty: true } },
  'policy-form': { tag: 'nb-queue-page', width: 900, properties: () => ({ tab: 'policy' }) },
  'policy-read': { tag: 'nb-policy-form', width: 420, host: { empty: true } },
  'node-grid': { tag: 'nb-node-grid', width: 1000 },
  'chip-pinned': { tag: 'nb-environment-chip', width: 160, properties: () => ({ state: 'pinned', packageCount: 42 }) },
  'chip-drifted': { tag: 'nb-environment-chip', width: 160, properties: () => ({ state: 'drifted', changes: 3 }) },
  'chip-unknown': { tag: 'nb-environment-chip', width: 160 },
  'environment-diff': {
    tag: 'nb-environment-diff',
    width: 560,
    properties: () => ({
      diff: {
        added: [{ name: 'shap', version: '0.49.1' }],
        removed: [{ name: 'xgboost', version: '2.1.4' }],
        changed: [{ name: 'numpy', from: '2.3.4', to: '2.3.5' }],
      },
    }),
  },
  'error-card': {
    tag: 'nb-error-card',
    width: 520,
    properties: (host) => ({ error: cardErrorOf(tooMany, host.locale()), action: 'Try again' }),
  },
}
