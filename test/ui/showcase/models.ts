import type { Model, ModelVersion, ModelVersionSummary, RunModels } from '@novabrain/contracts'
import * as data from './data.js'

const at = (minutesAgo: number): string => new Date(data.nowMs - minutesAgo * 60_000).toISOString()

export const versions: readonly ModelVersionSummary[] = [
  {
    modelName: 'churn',
    version: 12,
    aliases: ['challenger'],
    description: 'Trained on the second half of the year; better for small accounts',
    run: { id: data.run.id, name: 'train-churn' },
    createdBy: '王小明',
    createdAt: at(4),
  },
  {
    modelName: 'churn',
    version: 11,
    aliases: ['champion', 'branch-offices'],
    description: null,
    run: { id: data.run.id, name: 'train-churn' },
    createdBy: 'ada',
    createdAt: at(2 * 1440),
  },
  {
    modelName: 'churn',
    version: 9,
    aliases: [],
    description: 'As delivered',
    run: null,
    createdBy: 'ada',
    createdAt: at(40 * 1440),
  },
]

const model = (name: string, change: Partial<Model> = {}): Model => ({
  id: data.run.id,
  name,
  description: null,
  tags: [],
  aliases: [],
  latestVersion: null,
  versionCount: 0,
  nextVersion: 1,
  createdAt: at(60 * 1440),
  updatedAt: at(4),
  ...change,
})

export const churn = model('churn', {
  description:
    'Who of our customers is likely to leave within ninety days. Retrained each month; the branch offices have a model of their own.',
  aliases: [
    { alias: 'branch-offices', version: 11 },
    { alias: 'challenger', version: 12 },
    { alias: 'champion', version: 11 },
  ],
  latestVersion: versions[0] ?? null,
  versionCount: 11,
  nextVersion: 13,
})

export const models: readonly Model[] = [
  churn,
  model('肺结节检测', {
    description: '胸部 CT 肺结节检测，用于筛查',
    aliases: [{ alias: '上线', version: 3 }],
    latestVersion: { ...(versions[0] as ModelVersionSummary), modelName: '肺结节检测', version: 4, aliases: [] },
    versionCount: 4,
    updatedAt: at(95),
  }),
  model('a-model-with-a-name-that-somebody-made-very-long-indeed-for-a-reason', { updatedAt: at(20 * 1440) }),
]

export const version: ModelVersion = {
  ...(versions[1] as ModelVersionSummary),
  modelId: churn.id,
  updatedAt: at(10),
  source: 'models:/m-4f2a9c1e77d05b3f8b1d4a90c1e2f3a4',
  tags: [{ key: 'validated', value: 'yes, on the holdout of June' }],
  lineage: {
    run: {
      id: data.run.id,
      name: 'train-churn',
      status: 'FINISHED',
      deleted: false,
      experimentId: '3',
      experimentName: 'churn',
      userName: 'ada',
      jobNumber: 44,
    },
    environment: { pinDigest: data.pin.digest, pythonVersion: '3.12.4', packageCount: 42 },
    code: {
      snapshotId: data.run.id,
      fileCount: 7,
      commit: '4f2a9c1e77d05b3f',
      branch: 'feature/churn-v2',
      dirty: true,
    },
    datasets: [
      { name: 'customers-2026-06', digest: '8f9eb48c', context: 'training', sourceType: 's3' },
      { name: 'customers-holdout', digest: '11c0ffee', context: 'evaluation', sourceType: 's3' },
    ],
    loggedModel: { id: 'm-4f2a9c1e77d05b3f8b1d4a90c1e2f3a4', name: 'classifier', modelType: 'sklearn' },
    metrics: data.run.metrics.slice(0, 5),
  },
  manifest: {
    state: 'read',
    signature: {
      inputs: [
        { name: 'tenure_months', type: 'long', required: true, defaultValue: null },
        { name: 'balance', type: 'double', required: true, defaultValue: null },
        {
          name: 'contacts',
          type: 'Array({kind: string (required), at: datetime (required)})',
          required: false,
          defaultValue: null,
        },
      ],
      outputs: [{ name: null, type: 'Tensor(float64, (-1, 2))', required: true, defaultValue: null }],
      params: [{ name: 'threshold', type: 'double', required: false, defaultValue: '0.5' }],
    },
    flavors: [
      { name: 'python_function', version: '3.12.4' },
      { name: 'sklearn', version: '1.9.1' },
    ],
    mlflowVersion: '3.17.2',
  },
  files: {
    items: [
      { path: 'MLmodel', sizeBytes: 1204 },
      { path: 'conda.yaml', sizeBytes: 210 },
      { path: 'model.pkl', sizeBytes: 48_204_117 },
      { path: 'requirements.txt', sizeBytes: 84 },
    ],
    count: 4,
    sizeBytes: 48_205_615,
    replaced: ['model.pkl'],
    digest: 'c'.repeat(64),
  },
  history: [
    {
      alias: 'champion',
      from: 9,
      to: 11,
      reason: 'AUC 0.91 on the holdout against 0.88',
      memberName: '王小明',
      at: at(1500),
    },
    { alias: 'branch-offices', from: null, to: 11, reason: null, memberName: null, at: at(1600) },
  ],
}

export const unread: ModelVersion = {
  ...version,
  version: 9,
  aliases: [],
  tags: [],
  source: 's3://delivered/churn/9',
  lineage: { run: null, environment: null, code: null, datasets: [], loggedModel: null, metrics: [] },
  manifest: { state: 'elsewhere' },
  files: null,
  history: [],
}

export const runModels: RunModels = {
  items: [
    {
      choice: { kind: 'logged_model', loggedModelId: 'm-1' },
      name: 'classifier',
      modelType: 'sklearn',
      sizeBytes: 48_205_615,
      versions: [],
    },
    {
      choice: { kind: 'folder', path: 'outputs/model' },
      name: 'outputs/model',
      modelType: null,
      sizeBytes: 912,
      versions: [],
    },
  ],
  versions: [{ modelName: 'churn', version: 12 }],
  suggestion: { name: 'churn', version: 13, isNew: false },
}
