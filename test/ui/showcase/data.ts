import type {
  Attempt,
  CodeSnapshot,
  EnvironmentPin,
  Explanation,
  Job,
  MetricSeries,
  Node,
  ClusterUse,
  PolicyChange,
  Queue,
  QueueChange,
  PolicyField,
  QueueEntry,
  SchedulingPolicy,
  ResourceSample,
  Run,
  RunSummary,
} from '@novabrain/contracts'
import { aJob } from '../../contracts/a-job.js'

/** The moment of the showcase, so that pictures of two days are the same. */
export const nowMs = Date.parse('2026-03-02T10:30:00.000Z')
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString()
const id = (n: number) => n.toString(16).padStart(32, '0')

const anAttempt = (jobNumber: number, change: Partial<Attempt> = {}): Attempt => ({
  id: id(9000 + jobNumber),
  jobId: id(jobNumber),
  number: 1,
  state: 'running',
  version: 2,
  stage: 'running',
  stageDetail: null,
  nodeId: id(1),
  nodeName: 'gpu-node-1',
  devices: [{ deviceId: id(50), index: 0, model: 'NVIDIA A10G', milli: 1000, memoryMib: 24_576, simulated: false }],
  verdict: null,
  logSizeBytes: 48_213,
  createdAt: ago(500),
  startedAt: ago(480),
  endedAt: null,
  ...change,
})
const verdict = { kind: 'succeeded', exitCode: 0, signal: null, evidence: null, cellIndex: null, module: null } as const
const notebook = {
  kind: 'notebook',
  path: 'churn/train-churn.ipynb',
  parameters: { epochs: 5, learning_rate: 0.001 },
} as const
const ended = (seconds: number, took: number) => ({
  submittedAt: ago(seconds + 20),
  startedAt: ago(seconds),
  endedAt: ago(seconds - took),
})

const asked = { gpuCount: 1, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 2000, memoryMib: 8192 }
export const runningJob = aJob(42, 'running', {
  resources: asked,
  name: 'train-churn.ipynb',
  task: notebook,
  submittedAt: ago(505),
  startedAt: ago(480),
  attempt: anAttempt(42),
  pinDigest: 'ab12'.repeat(16),
  submittedBy: 'Ada Lovelace',
})
export const queuedJob = aJob(44, 'queued', {
  name: 'fraud-transformer sweep, learning rate 3e-4',
  submittedAt: ago(95),
  resources: { ...runningJob.resources, gpuCount: 4 },
  submittedBy: '李雷',
})
const ofNode = (index: number) => ({
  deviceId: id(50 + index),
  index,
  model: 'NVIDIA A10G',
  milli: 1000,
  memoryMib: 24_576,
  simulated: false,
})
export const elasticJob = aJob(47, 'running', {
  name: 'pretrain-vision.py',
  resources: { ...asked, maxGpuCount: 4 },
  submittedAt: ago(7300),
  startedAt: ago(7200),
  attempt: anAttempt(47, {
    number: 3,
    startedAt: ago(310),
    resizedFrom: { gpuCount: 4, why: 'shrink' },
    devices: [ofNode(0), ofNode(1)],
  }),
})
export const preparingJob = aJob(43, 'starting', {
  name: 'segment-scans.py',
  submittedAt: ago(30),
  startedAt: ago(8),
  attempt: anAttempt(43, {
    stage: 'preparing_environment',
    stageDetail: 'Installing torch 2.8.0 (31 of 64 packages)',
    devices: [{ deviceId: id(51), index: 1, model: 'NVIDIA A10G', milli: 500, memoryMib: 12_288, simulated: true }],
  }),
})
export const failedJob = aJob(41, 'failed', {
  name: 'train-churn.ipynb',
  task: notebook,
  reason: 'out_of_gpu_memory',
  pinDigest: 'ab12'.repeat(16),
  ...ended(2600, 190),
  attempt: anAttempt(41, {
    state: 'failed',
    endedAt: ago(2410),
    verdict: {
      ...verdict,
      kind: 'out_of_gpu_memory',
      exitCode: 1,
      evidence:
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.68 GiB of which 1.31 GiB is free.',
      cellIndex: 7,
    },
  }),
})
export const missingPackageJob = aJob(40, 'failed', {
  name: 'explain-model.py',
  ...ended(7300, 12),
  attempt: anAttempt(40, {
    state: 'failed',
    verdict: {
      ...verdict,
      kind: 'missing_package',
      exitCode: 1,
      module: 'shap',
      evidence: "ModuleNotFoundError: No module named 'shap'",
    },
  }),
})
const doneJob = (number: number, name: string, seconds: number) =>
  aJob(number, 'succeeded', {
    name,
    ...ended(seconds, 340),
    attempt: anAttempt(number, { state: 'succeeded', stage: 'saving', verdict }),
  })

export const jobs: readonly Job[] = [
  elasticJob,
  queuedJob,
  preparingJob,
  runningJob,
  failedJob,
  missingPackageJob,
  doneJob(39, 'tokenize-corpus.py', 9000),
  aJob(38, 'cancelled', { name: 'baseline logistic regression', ...ended(17_000, 60) }),
  ...Array.from({ length: 30 }, (_, i) => doneJob(37 - i, `nightly-scoring-${37 - i}.ipynb`, 86_400 * (i + 1))),
]

export const run: Run = {
  id: runningJob.runId,
  projectId: runningJob.projectId,
  experimentId: '1',
  experimentName: 'churn',
  name: 'train-churn.ipynb',
  status: 'RUNNING',
  lifecycleStage: 'active',
  userName: 'Ada Lovelace',
  startedAt: ago(470),
  endedAt: null,
  params: [
    { key: 'epochs', value: '5' },
    { key: 'learning_rate', value: '0.001' },
    { key: 'optimizer', value: 'AdamW' },
    { key: 'max_depth', value: 'None' },
    { key: 'logisticregression__C', value: '1.0' },
    { key: 'columntransformer__numeric__simpleimputer__strategy', value: 'median' },
    { key: 'features', value: "['age', 'tenure_months', 'monthly_charges', 'contract_type', 'payment_method']" },
  ],
  tags: [],
  metrics: [
    'train_loss',
    'val_loss',
    'val_accuracy',
    'learning_rate',
    'grad_norm',
    'gpu_memory',
    'test_roc_auc',
    'best_cv_score_of_logisticregression',
  ].map((key, i) => ({
    key,
    value: [0.1837, 0.2114, 0.9463, 0.00042, 1.913, 17_204, 0.9131, 0.8812][i] ?? 0,
    step: 1999,
    timestampMs: nowMs,
    pointCount: i < 4 ? 2000 : i === 4 ? 120_000 : 1,
  })),
  job: { id: runningJob.id, number: 42, status: 'running' },
}
/** A run of a pipeline: a number of parameters nobody wants to scroll through. */
export const manyParams: Run['params'] = Array.from({ length: 64 }, (_, i) => ({
  key: `columntransformer__${['numeric', 'categorical'][i % 2]}__step_${i}__strategy`,
  value: ['median', 'most_frequent', '0.1', 'True'][i % 4] ?? '',
}))

/** Eight minutes of a training that loads its data, then works; half of the memory asked for is never used. */
export const samples: readonly ResourceSample[] = Array.from({ length: 96 }, (_, i) => ({
  atMs: nowMs - (480 - i * 5) * 1000,
  cpuMilli: i === 0 ? 0 : Math.round(1650 + 300 * Math.sin(i / 3) - (i < 12 ? 900 : 0)),
  memoryMib: Math.round(900 + 3000 * (1 - Math.exp(-i / 10)) + 60 * Math.sin(i)),
  gpuMilli: i < 12 ? 0 : Math.round(900 + 60 * Math.sin(i * 1.3) - (i % 20 === 0 ? 500 : 0)),
  gpuMemoryMib: i < 12 ? 420 : 19_800,
}))

export const looseRun: RunSummary = {
  ...run,
  id: id(777),
  name: 'casual-otter-112',
  status: 'FINISHED',
  userName: 'bob',
  startedAt: ago(5400),
  endedAt: ago(5100),
  job: null,
}

/** A run that left models; see `models.ts`. */
export const modelRunId = id(778)

/** A noisy curve that falls or rises, downsampled to buckets, with a hole where the values were not numbers. */
export const series = (key: string): MetricSeries => {
  const rising = key.includes('accuracy')
  const steps = Array.from({ length: 600 }, (_, i) => Math.round((i * 2000) / 600))
  const wave = (i: number) => Math.sin(i * 1.7) * 0.03 + Math.sin(i * 0.31) * 0.02
  const values = steps.map(
    (step, i) => (rising ? 0.95 - 0.5 * Math.exp(-step / 300) : 0.18 + Math.exp(-step / 350)) + wave(i),
  )
  const holed = values.map((value, i) => (key === 'grad_norm' && i > 200 && i < 230 ? ('NaN' as const) : value))
  return {
    key,
    pointCount: 120_000,
    downsampled: true,
    steps,
    timestampsMs: steps.map((step) => nowMs - (2000 - step) * 1000),
    values: holed,
    low: values.map((value) => value - 0.04),
    high: values.map((value) => value + 0.05),
  }
}

const logLines = [
  '\u001b[1mPreparing\u001b[0m dataset churn-2026-02 (1,204,331 rows)',
  '\u001b[33mUserWarning\u001b[0m: The dataloader has few workers; consider num_workers=7',
  ...Array.from(
    { length: 400 },
    (_, i) => `step ${String(i * 5).padStart(4)}  loss ${(1 / (1 + i / 30)).toFixed(4)}  lr 4.2e-04`,
  ),
  'Epoch 4:  10%|#         | 40/400\rEpoch 4:  55%|#####     | 220/400\rEpoch 4: 100%|##########| 400/400 [00:41<00:00,  9.6it/s]',
  '\u001b[32m✓\u001b[0m checkpoint saved to \u001b[36mcheckpoints/epoch-4.pt\u001b[0m',
  '\u001b[31mERROR\u001b[0m worker 3: retrying after broken pipe; the traceback of the first try was /usr/lib/python3.12/multiprocessing/connection.py:399: BrokenPipeError',
  '中文日志：验证集准确率 0.9463，较上一轮提升 0.0031；若连续三轮没有提升，训练将提前停止并保存当前最佳模型',
]
export const log = new Uint8Array([
  ...new TextEncoder().encode(logLines.join('\n') + '\n'),
  ...[0xff, 0xfe, 0x00, 0x41, 0x0a],
  ...new TextEncoder().encode('Epoch 5:  12%|#1        | 48/400\rEpoch 5:  13%|#2        | 52/400'),
])

const largeLineBytes = 100
const largeLine = (i: number) => `${String(i).padStart(8, '0')} ${'epoch loss accuracy '.repeat(5)}`.slice(0, 99) + '\n'
/** A million lines of a hundred bytes. */
export const largeLogBytes = 100_000_000
/** The bytes `[from, to)` of the large log. */
export const largeLog = (from: number, to: number): Uint8Array => {
  const end = Math.min(largeLogBytes, to)
  const first = Math.floor(from / largeLineBytes)
  const count = Math.max(0, Math.ceil(end / largeLineBytes) - first)
  const text = Array.from({ length: count }, (_, i) => largeLine(first + i)).join('')
  return new TextEncoder().encode(text.slice(from - first * largeLineBytes, end - first * largeLineBytes))
}
export const largeLogJob = aJob(30, 'succeeded', {
  ...ended(9000, 3000),
  attempt: anAttempt(30, { state: 'succeeded', verdict, logSizeBytes: largeLogBytes }),
})

export const explanation: Explanation = {
  jobId: queuedJob.id,
  status: 'queued',
  reason: 'devices_busy',
  message: 'Waits for 4 free GPUs on one node: gpu-node-2 has 2 free, and #38 and #39 hold the other 2.',
  position: 3,
  facts: { needed: 4, free: 2 },
  holders: [
    {
      jobId: id(38),
      jobNumber: 38,
      jobName: 'segment-scans.py',
      submittedBy: 'Grace',
      gpuMilli: 1000,
      until: new Date(nowMs + 4 * 60_000).toISOString(),
    },
    { jobId: null, jobNumber: null, jobName: null, submittedBy: null, gpuMilli: 500, until: null },
  ],
  estimatedStart: { p50: new Date(nowMs + 4 * 60_000).toISOString(), p90: new Date(nowMs + 11 * 60_000).toISOString() },
  suggestion: { change: { gpuCount: 2 }, message: 'With 2 GPUs it would start now.', startsNow: true },
}

export const pin: EnvironmentPin = {
  digest: 'ab12'.repeat(16),
  pythonVersion: '3.12.4',
  platform: 'linux x86_64, glibc 2.36',
  cudaVersion: '12.4',
  createdAt: ago(9000),
  packages: [
    'numpy 2.3.5',
    'pandas 2.3.3',
    'scikit-learn 1.7.2',
    'mlflow 3.6.0',
    'torch 2.8.0',
    'scipy 1.16.3',
    'joblib 1.5.2',
    'matplotlib 3.10.7',
    'pyarrow 22.0.0',
    'requests 2.32.5',
    'lightgbm 4.6.0',
    'tqdm 4.67.1',
  ].map((text) => {
    const [name = '', version = ''] = text.split(' ')
    return { name, version, hashes: [] }
  }),
  unavailable: [{ name: 'riskmodels', version: '0.4.1', reason: 'editable', origin: null }],
}

export const snapshot: CodeSnapshot = {
  id: id(70),
  digest: 'cd'.repeat(32),
  createdAt: ago(505),
  git: {
    commit: '4f2a9c1e77d05b3f8a6c2d1e0b9a8f7c6d5e4f3a',
    branch: 'feature/churn-v2',
    remote: null,
    dirty: true,
    patchDigest: null,
  },
  files: [
    { path: 'churn/train-churn.ipynb', sizeBytes: 48_120, digest: '1'.repeat(64), reason: 'entrypoint' },
    { path: 'churn/features.py', sizeBytes: 6_204, digest: '2'.repeat(64), reason: 'imported' },
    { path: 'data/churn-sample.csv', sizeBytes: 1_182_004, digest: '3'.repeat(64), reason: 'mentioned' },
  ],
  excluded: [
    { path: '.env', sizeBytes: 412, reason: 'secret' },
    { path: 'data/full.parquet', sizeBytes: 812_004_120, reason: 'too_large' },
  ],
}

/** More wait than the first that are listed. */
export const waitingCount = 1284

export const queue: readonly QueueEntry[] = [
  [
    46,
    '实时反欺诈模型',
    '韩梅梅',
    8,
    'queued',
    1,
    'Waits for quota: team-risk uses 8 of 8 GPUs; research lends none now.',
  ],
  [
    45,
    'embeddings-refresh',
    'Grace',
    1,
    'queued',
    2,
    'Next in line: a GPU is being freed for it (#31 saves its checkpoint).',
  ],
  [44, 'fraud-transformer sweep, learning rate 3e-4', '李雷', 4, 'queued', 3, explanation.message],
  [43, 'segment-scans.py', 'ada', 1, 'starting', null, ''],
  [42, 'train-churn.ipynb', 'Ada Lovelace', 1, 'running', null, ''],
  [47, 'pretrain-vision.py', '韩梅梅', 2, 'running', null, 'It shrank from 4 to 2 GPUs for #44.'],
].map(([number, name, by, gpus, status, position, message]) => ({
  jobId: id(Number(number)),
  jobNumber: Number(number),
  jobName: String(name),
  submittedBy: String(by),
  queueName: 'default',
  status: String(status),
  position: position === null ? null : Number(position),
  gpuCount: Number(gpus),
  ...(number === elasticJob.number ? { minGpuCount: 1, maxGpuCount: 4 } : {}),
  reason: 'devices_busy',
  message: String(message),
  estimatedStart: Number(position) > 1 ? explanation.estimatedStart : null,
  suggestion: position === 3 ? explanation.suggestion : null,
  submittedAt: ago(Number(number) * 9),
}))

const device = (
  index: number,
  heldBy: Node['devices'][number]['heldBy'],
  simulated = false,
): Node['devices'][number] => {
  const held = heldBy.reduce((sum, holder) => sum + holder.milli, 0)
  return {
    id: id(60 + index),
    index,
    kind: 'gpu',
    model: simulated ? 'GPU 24 GiB' : 'NVIDIA A10G',
    memoryMib: 24_576,
    freeMilli: 1000 - held,
    freeMemoryMib: Math.round((24_576 * (1000 - held)) / 1000),
    simulated,
    heldBy,
  }
}
const holder = (jobNumber: number, jobName: string, milli = 1000) => ({
  jobId: id(jobNumber),
  jobNumber,
  jobName,
  milli,
})
export const nodes: readonly Node[] = [
  {
    id: id(1),
    name: 'gpu-node-1',
    executor: 'local',
    state: 'ready',
    cpuMilli: 32_000,
    memoryMib: 131_072,
    freeCpuMilli: 20_500,
    freeMemoryMib: 90_112,
    lastSeenAt: ago(2),
    devices: [
      device(0, [holder(42, 'train-churn.ipynb')]),
      device(1, [holder(43, 'segment-scans.py', 500), holder(31, 'fraud-features-backfill-2026', 250)]),
      device(2, []),
      device(3, []),
    ],
  },
  {
    id: id(2),
    name: 'laptop',
    executor: 'local',
    state: 'lost',
    cpuMilli: 8000,
    memoryMib: 16_384,
    freeCpuMilli: 8000,
    freeMemoryMib: 16_384,
    lastSeenAt: ago(184),
    devices: [device(4, [], true), device(5, [], true)],
  },
  {
    ...({} as Node),
    id: id(3),
    name: 'cpu-only',
    executor: 'slurm',
    state: 'ready',
    cpuMilli: 4000,
    memoryMib: 8192,
    freeCpuMilli: 1000,
    freeMemoryMib: 2048,
    lastSeenAt: ago(1),
    devices: [],
  },
]

const percentOf = (index: number): number => Math.round(420 + 330 * Math.sin(index / 4) + 150 * Math.cos(index * 1.7))

export const clusterUse: ClusterUse = {
  window: 'day',
  from: new Date(nowMs - 23 * 3_600_000).toISOString(),
  to: new Date(nowMs).toISOString(),
  stepMs: 3_600_000,
  now: { gpuCount: 16, allocatedMilli: 12_750, wholeFree: 2, fragmentation: 312, waiting: 7, running: 11 },
  total: { gpuHours: 212.4, allocated: 553, busy: 318, measured: 870, preemptions: 132 },
  overTime: Array.from({ length: 24 }, (_, index) => {
    const allocated = Math.min(1000, Math.max(0, percentOf(index)))
    return {
      from: new Date(nowMs - (23 - index) * 3_600_000).toISOString(),
      allocated: index < 3 ? null : allocated,
      busy: index < 3 ? null : Math.round(allocated * (0.4 + 0.3 * Math.sin(index))),
    }
  }),
  teams: [
    { projectId: id(1), projectName: 'fraud', submittedBy: '韩梅梅', gpuHours: 91.25, share: 430, jobs: 44, busy: 741 },
    {
      projectId: id(2),
      projectName: 'radiology',
      submittedBy: 'Grace',
      gpuHours: 60.1,
      share: 283,
      jobs: 12,
      busy: 96,
    },
    { projectId: null, projectName: null, submittedBy: null, gpuHours: 50.55, share: 238, jobs: 71, busy: 522 },
    {
      projectId: id(1),
      projectName: 'fraud',
      submittedBy: 'Ada Lovelace',
      gpuHours: 10.5,
      share: 49,
      jobs: 3,
      busy: null,
    },
  ],
  preemptions: [
    {
      jobId: id(31),
      jobNumber: 31,
      jobName: 'fraud-features-backfill-2026',
      projectName: 'fraud',
      submittedBy: '李雷',
      at: ago(900),
      ranMs: 5_400_000,
      why: 'priority',
      forJobId: id(46),
      forJobNumber: 46,
    },
    {
      jobId: id(29),
      jobNumber: 29,
      jobName: 'sweep.py',
      projectName: 'radiology',
      submittedBy: 'Grace',
      at: ago(9000),
      ranMs: 240_000,
      why: 'reclaim',
      forJobId: null,
      forJobNumber: null,
    },
  ],
  idle: [
    {
      jobId: id(38),
      jobNumber: 38,
      jobName: 'segment-scans.py',
      projectName: 'radiology',
      submittedBy: 'Grace',
      nodeName: 'gpu-node-2',
      gpuMilli: 4000,
      since: ago(7260),
    },
  ],
}

/** A cluster whose GPUs are simulated, on its first day. */
export const youngUse: ClusterUse = {
  ...clusterUse,
  now: { gpuCount: 2, allocatedMilli: 1000, wholeFree: 1, fragmentation: null, waiting: 0, running: 1 },
  total: { gpuHours: 0.4, allocated: 12, busy: null, measured: 0, preemptions: 0 },
  overTime: clusterUse.overTime.map((step, index) => ({
    ...step,
    allocated: index < 22 ? null : 200 * (index - 21),
    busy: null,
  })),
  teams: [
    {
      projectId: id(1),
      projectName: 'default',
      submittedBy: 'Ada Lovelace',
      gpuHours: 0.4,
      share: 1000,
      jobs: 2,
      busy: null,
    },
  ],
  preemptions: [],
  idle: [],
}

const field = (
  name: string,
  label: string,
  meaning: string,
  rest: Partial<PolicyField> & Pick<PolicyField, 'kind'>,
): PolicyField => ({
  field: name,
  label,
  meaning,
  unit: null,
  minimum: null,
  maximum: null,
  choices: null,
  when: null,
  mayChange: true,
  ...rest,
})

export const policyValues = {
  'order.kind': 'predicted',
  'order.widthQuarters': 3,
  'ageBound.minimumMs': 3_600_000,
  'ageBound.maximumMs': 259_200_000,
  'preemption.enabled': true,
  'preemption.minimumRunMs': 90_000,
}

export const schedulingPolicy: SchedulingPolicy = {
  version: 4,
  values: policyValues,
  preset: 'default',
  changedBy: 'Ada Lovelace',
  changedAt: ago(7200),
  reason: 'the week of the audit is over',
  keepsCluster: true,
  fields: [
    field('order.kind', 'Order', 'Who goes first among jobs of equal importance and share.', {
      kind: 'choice',
      choices: [
        { value: 'predicted', label: 'least predicted work first' },
        { value: 'submitted', label: 'first come, first served' },
      ],
    }),
    field(
      'order.widthQuarters',
      'Weight of the width',
      'Predicted work is run time × GPUs^(this ÷ 4): 0 looks at time alone, 4 counts GPU hours; between them wide jobs are spared.',
      { kind: 'integer', unit: 'quarters', minimum: 0, maximum: 4 },
    ),
    field('ageBound.minimumMs', '耐心：至少', '无论作业多短，都要先按顺序等待这么久。', {
      kind: 'integer',
      unit: 'ms',
      minimum: 0,
      maximum: 31_536_000_000,
    }),
    field('ageBound.maximumMs', 'Patience, at most', 'However long a job is, after so long it goes first.', {
      kind: 'integer',
      unit: 'ms',
      minimum: 0,
      maximum: 31_536_000_000,
    }),
    field('preemption.enabled', 'Preemption', 'Whether a more important job may make others stop and wait again.', {
      kind: 'flag',
    }),
    field(
      'preemption.minimumRunMs',
      'Safe at first for',
      'A job that has run less than this is never stopped for another.',
      {
        kind: 'integer',
        unit: 'ms',
        minimum: 0,
        maximum: 604_800_000,
      },
    ),
  ],
}

export const policyChanges: readonly PolicyChange[] = [
  {
    version: 4,
    changedBy: 'Ada Lovelace',
    changedAt: ago(7200),
    reason: 'the week of the audit is over',
    preset: 'default',
    changes: [
      { field: 'preemption.enabled', before: false, after: true },
      { field: 'ageBound.minimumMs', before: 600_000, after: 3_600_000 },
    ],
  },
  {
    version: 3,
    changedBy: '韩梅梅',
    changedAt: ago(700_000),
    reason: '审计期间不抢占任何作业',
    preset: null,
    changes: [{ field: 'preemption.enabled', before: true, after: false }],
  },
]

const aQueue = (name: string, change: Partial<Queue>): Queue => ({
  id: name,
  name,
  cohort: null,
  nominalGpuMilli: null,
  borrowingLimitGpuMilli: null,
  lendingLimitGpuMilli: null,
  weight: 1,
  orderKind: 'cluster',
  orderFair: true,
  patienceMs: null,
  version: 0,
  ...change,
})

export const queues: readonly Queue[] = [
  aQueue('course', { nominalGpuMilli: 2000, orderKind: 'submitted', orderFair: false, version: 1 }),
  aQueue('default', {}),
  aQueue('research', {
    cohort: 'lab',
    nominalGpuMilli: 8000,
    borrowingLimitGpuMilli: 4000,
    lendingLimitGpuMilli: 1000,
    weight: 2,
    orderKind: 'predicted',
    patienceMs: 43_200_000,
    version: 2,
  }),
]

export const queueChanges: readonly QueueChange[] = [
  {
    version: 2,
    changedBy: 'Ada Lovelace',
    changedAt: ago(7200),
    reason: 'nobody waits overnight',
    changes: [{ field: 'patienceMs', before: null, after: 43_200_000 }],
  },
  {
    version: 1,
    changedBy: '韩梅梅',
    changedAt: ago(700_000),
    reason: '短作业优先，并加入实验室的队列组',
    changes: [
      { field: 'cohort', before: null, after: 'lab' },
      { field: 'nominalGpuMilli', before: null, after: 8000 },
      { field: 'orderKind', before: 'cluster', after: 'predicted' },
    ],
  },
]
