const en = {
  starting: (place: string) => `Starting an MLflow server of our own on ${place} …`,
  installing: (version: string) => `Installing MLflow ${version} for reading it; this happens once …`,
  looking: 'Looking through the source …',
  experiment: (name: string) => `Experiment ${name} …`,
  registry: 'Registered models …',
  verifying: 'Comparing both sides …',
  runs: (done: number, total: number) => `${done} of ${total} runs`,
  points: (count: number) => `${count.toLocaleString('en')} points`,
  files: (count: number, bytes: string) => `${count} files, ${bytes}`,
  left: (duration: string) => `about ${duration} left`,
  noPlace:
    'Name a source: an address, a folder, or the URL of a database. MLFLOW_TRACKING_URI is taken where none is named.',
  password:
    'A password on the command line can be read by others of this machine. Put the whole address into MLFLOW_TRACKING_URI and leave it out here; a server also takes MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.',
  scheme: (address: string) =>
    `"${address}" is neither an address (https://…), a folder, nor a database that can be read (sqlite:///…, postgresql://…, mysql://…).`,
  onlyMlflow: (what: string) => `Histories come from and go to mlflow; "${what}" is not known.`,
  columns: {
    experiment: 'EXPERIMENT',
    runs: 'RUNS',
    points: 'POINTS',
    files: 'FILES',
    size: 'SIZE',
    verified: 'VERIFIED',
  },
  of: (here: string, source: string) => (here === source ? here : `${here} of ${source}`),
  same: 'same',
  differs: 'differs',
  renamed: (name: string, sourceName: string) => `${name} (was ${sourceName})`,
  summary: (runs: number, unchanged: number, points: string, files: number, bytes: string, took: string) =>
    `${runs} runs in ${took}${unchanged === 0 ? '' : `, ${unchanged} of them unchanged`}; copied ${points} points and ${files} files (${bytes}).`,
  models: (logged: number, registered: number, versions: number) =>
    `${logged} logged models; ${registered} registered models with ${versions} versions.`,
  allSame: 'Everything that was copied is the same on both sides: params, tags, every point, every file.',
  differences: (count: number) => `Not the same on both sides (${count}):`,
  more: (count: number) => `… and ${count} more; --json names all.`,
  leftBehind: 'Cannot come along:',
  left_: {
    traces: (count: number) => `${count} traces`,
    evaluationDatasets: (count: number) => `${count} evaluation datasets`,
    webhooks: (count: number) => `${count} webhooks`,
  },
  filesElsewhere: (count: number) => `${count} versions have their files outside any run; these stay where they are:`,
  interrupted: 'Stopped. What has come is kept; the same command goes on from here.',
  kinds: {
    experiment: 'experiment',
    run: 'run',
    logged_model: 'logged model',
    registered_model: 'registered model',
  },
  faults: {
    info: 'name, status or times',
    params: 'params',
    tags: 'tags',
    metrics: 'metrics',
    inputs: 'datasets or model links',
    artifacts: 'files',
    files: 'files',
    versions: 'versions',
    aliases: 'aliases',
    description: 'description',
    file_missing: 'a file is missing at the source',
    file_refused: 'a file was refused',
    id_taken: 'its id belongs to something else here, so it was left out',
    refused: 'was refused',
  },
}

export type HistoryTexts = typeof en

const zh: HistoryTexts = {
  starting: (place) => `正在为 ${place} 启动专用的 MLflow 服务器 …`,
  installing: (version) => `正在安装用于读取的 MLflow ${version}，仅此一次 …`,
  looking: '正在查看来源 …',
  experiment: (name) => `实验 ${name} …`,
  registry: '已注册模型 …',
  verifying: '正在比对两侧 …',
  runs: (done, total) => `${done} / ${total} 个运行`,
  points: (count) => `${count.toLocaleString('en')} 个点`,
  files: (count, bytes) => `${count} 个文件，${bytes}`,
  left: (duration) => `约剩 ${duration}`,
  noPlace: '请指定来源：地址、文件夹或数据库 URL。未指定时使用 MLFLOW_TRACKING_URI。',
  password:
    '命令行中的密码可能被本机其他用户看到。请把完整地址放入 MLFLOW_TRACKING_URI 并在此省略；对于服务器，也可使用 MLFLOW_TRACKING_USERNAME 和 MLFLOW_TRACKING_PASSWORD。',
  scheme: (address) =>
    `“${address}” 既不是地址（https://…）、文件夹，也不是可读取的数据库（sqlite:///…、postgresql://…、mysql://…）。`,
  onlyMlflow: (what) => `历史只能与 mlflow 互通；不认识“${what}”。`,
  columns: { experiment: '实验', runs: '运行', points: '数据点', files: '文件', size: '大小', verified: '校验' },
  of: (here, source) => (here === source ? here : `${here} / ${source}`),
  same: '一致',
  differs: '不一致',
  renamed: (name, sourceName) => `${name}（原名 ${sourceName}）`,
  summary: (runs, unchanged, points, files, bytes, took) =>
    `${took} 内处理 ${runs} 个运行${unchanged === 0 ? '' : `，其中 ${unchanged} 个没有变化`}；复制了 ${points} 个点和 ${files} 个文件（${bytes}）。`,
  models: (logged, registered, versions) =>
    `${logged} 个已记录模型；${registered} 个已注册模型，共 ${versions} 个版本。`,
  allSame: '复制的全部内容在两侧一致：参数、标签、每个数据点和每个文件。',
  differences: (count) => `两侧不一致（${count} 项）：`,
  more: (count) => `… 另有 ${count} 项；--json 会全部列出。`,
  leftBehind: '无法带来的内容：',
  left_: {
    traces: (count) => `${count} 条追踪`,
    evaluationDatasets: (count) => `${count} 个评估数据集`,
    webhooks: (count) => `${count} 个 Webhook`,
  },
  filesElsewhere: (count) => `${count} 个版本的文件不在任何运行之内，仍留在原处：`,
  interrupted: '已停止。已复制的内容会保留；重新运行同一命令即可继续。',
  kinds: { experiment: '实验', run: '运行', logged_model: '已记录模型', registered_model: '已注册模型' },
  faults: {
    info: '名称、状态或时间',
    params: '参数',
    tags: '标签',
    metrics: '指标',
    inputs: '数据集或模型关联',
    artifacts: '文件',
    files: '文件',
    versions: '版本',
    aliases: '别名',
    description: '描述',
    file_missing: '来源缺少文件',
    file_refused: '文件被拒绝',
    id_taken: '其编号在此处已属于其他对象，因此未导入',
    refused: '被拒绝',
  },
}

/** What importing and exporting histories says, in both languages. */
export const historyTexts = { en, zh }
