// What benchmarks of the scheduler print, in Chinese: their tables go into the Chinese page too.

/** Lines that are no rows of a table, each with its numbers where `$1`, `$2` … stand. */
const sentences = [
  [
    /^Slurm was left out: (.+) not installed \(Debian: (.+)\)\. (\d+ cores \(.+\), Node \S+), load average (.+)$/,
    '未测量 Slurm：未安装 $1（Debian：$2）。$3，平均负载 $4',
  ],
  [
    /^Processor time, % of a core: server (\d+), PostgreSQL (\d+); the server took (\d+) MiB at most\.$/,
    '处理器时间，单核 %：服务器 $1，PostgreSQL $2；服务器最多占用 $3 MiB。',
  ],
  [/^(\d+ cores \(.+\), Node \S+), load average (.+)$/, '$1，平均负载 $2'],
  [
    /^(\d+) runs in ([\d.]+) min; NovaBrain: (\d+) to (\d+) pods decided per second and thread$/,
    '$1 次运行，共 $2 分钟；NovaBrain 每线程每秒决定 $3 至 $4 个 Pod',
  ],
  [
    /^Equal scores go to the first node by name, as in the published runs\. In brackets: the published mean of (\d+) seeds\.$/,
    '得分相同时取名称最靠前的节点，与公开的运行一致。括号内为公开的 $1 个随机种子的均值。',
  ],
  [
    /^The most pods on a node: (\d+) \(the published runs allow ([\d,]+)\)\.$/,
    '单个节点上最多的 Pod 数：$1（公开的运行允许 $2）。',
  ],
  [/^(#+) GPU allocated when (\d+) % was asked for, %$/, '$1 需求为 $2 % 时的 GPU 分配率，%'],
  [/^(#+) Fragmented when (\d+) % was asked for, % of all GPUs$/, '$1 需求为 $2 % 时的碎片，占全部 GPU 的 %'],
  [/^(#+) Pods that found no place$/, '$1 未能放置的 Pod'],
  [/^(#+) NovaBrain against FGD, points of allocation$/, '$1 NovaBrain 与 FGD 之差，分配率百分点'],
  [
    /^(\d+) simulations, ([\d.]+) min of CPU; (\d+) seeds? of each σ, one on (\S+): mean ± standard deviation\.$/,
    '$1 次模拟，CPU 时间 $2 分钟；每个 σ 取 $3 个随机种子（$4 取一个）：均值 ± 标准差。',
  ],
  [/^(#+) Mean completion, s$/, '$1 平均完成时间，秒'],
  [
    /^Four virtual clusters of Philly, .*$/,
    'Philly 的四个虚拟集群，2017 年 10 月与 11 月，节点各 8 个 GPU，中断后恢复需 7、30 或 60 秒；以及 Muri 的轨迹 1 与 3，64 个 GPU，启动按模型需 4 至 46 秒。我们按预设 `shortest` 与 `balanced` 服务。“准确”表示已知每个运行时间；“σ”为对数正态误差，超出预测后再加一半；“历史”只从此前结束的作业学习，而这些轨迹只给出 GPU 数量；每小时对所有等待与运行的作业重新询问一次。FIFO、EASY 与 SJF 不中断任何作业，除 EASY 外也不允许越过受阻的队首；Themis 按完成时间公平性排序，租约 20 分钟，因耗时过长未在 6214e9 上运行；同级按提交先后。',
  ],
  [/^(#+) The 99th percentile of completion, s$/, '$1 完成时间的第 99 百分位，秒'],
  [/^The entry ⌊0\.99 n⌋ of the sorted list\.$/, '排序后列表的第 ⌊0.99 n⌋ 项。'],
  [/^(#+) What the age bound costs$/, '$1 等待上限的代价'],
  [
    /^The presets differ in how long a job may wait before it goes first: .*$/,
    '各预设的区别在于作业最多等待多久便排到最前：`default` 至多两周，`shortest` 与 `balanced` 一年，后者中需要多个 GPU 的作业为两周，`bounded` 两天，且此后会让提交更晚的作业停止；`shortest` 与 `bounded` 以 α = 1 计宽度，其余为 0.75。完成时间的均值 / p99，秒。',
  ],
  [/^(#+) Muri's protocol, mean completion, s$/, '$1 Muri 的协议，平均完成时间，秒'],
  [
    /^At every arrival and end everybody is placed anew and pays the start cost of its model\. .*$/,
    '每次有作业到达或结束，所有作业都重新放置，并付出其模型的启动代价。此处 SRTF、SRSF 与 Tiresias-L 与其公开数字并列；我们在每个事件付出同样的代价，但不移动继续运行的作业。',
  ],
  [/^(#+) Against what was wanted$/, '$1 与目标相比'],
  [
    /^Wanted: σ = 0\.5 within 15 % of SRSF .*$/,
    '目标：σ = 0.5 时与已知准确运行时间的 SRSF 相差不超过 15 %，σ = 1 时不超过 25 %；仅凭历史时均值低于 FIFO、EASY、SJF、2D-LAS 与 Themis；p99 不劣于 2D-LAS。相比的对象或已知准确的运行时间，或所知不多于我们；SRSF 与其他并列，虽然凭历史时它不在要超过的之列。',
  ],
  [/^(#+) How well history foresees run times$/, '$1 历史对运行时间的预测程度'],
  [
    /^The part of the jobs that ended within what was foreseen, .*$/,
    '在预测之内结束的作业所占比例（只知 GPU 数量时），以及 ln（运行时间 ÷ 预测）的标准差。',
  ],
  [/^(#+) How well the start is foretold$/, '$1 启动时间的预告程度'],
  [
    /^Once an hour of the trace everybody who waits is told an estimated start, .*$/,
    '轨迹中每过一小时，每个等待者都会得到预计启动时间，与 `novabrain why` 和队列页面所示相同：预设 `default`，运行时间取自历史。按预告的等待时间分组：在可能时刻之前启动的比例（0.50 为完美）、在区间远端之前启动的比例（0.90）；误差的中位数，以分钟计和相对于预告等待时间计；以及区间远端与实际等待时间之比的中位数。括号内为单纯的预测，未按以往预告的结果修正。“未告知”：没有答案的询问所占比例。',
  ],
  [
    /^Random crowded clusters with wrong guesses of run times and evictions as easy as can be: .*$/,
    '随机的拥挤集群，运行时间估计有误，驱逐尽可能容易：没有最短运行时间，重启没有代价；出于重要性、收回配额、较短的作业，以及超过等待上限后为提交更早的作业。任何两个作业不得互相驱逐两次，出于后两种原因则两者之间至多一次，为其驱逐了他人的作业必须在对方离开后立即启动。',
  ],
  [/^(#+) Memory of shared GPUs: fault injection$/, '$1 共享 GPU 的显存：故障注入'],
  [
    /^(\d+) jobs a run on (\d+) GPUs of (\d+) GiB, (\d+) seed\(s\); (\d+) % known, (\d+) % unknown, (\d+) % growing, (\d+) % that ask a quarter of what they take, (\d+) % that take .*$/,
    '每次运行 $1 个作业，$2 个 $3 GiB 的 GPU，$4 个随机种子；$5 % 已知，$6 % 未知，$7 % 增长，$8 % 只申请实际用量的四分之一，$9 % 用量为同类的 1.5 至 3 倍；每个可用 GPU 算力的 20 至 50 %。申请不到显存的进程会终止，并单独再试一次；其工作丢失。',
  ],
  [/^- killed innocent: .*$/, '- 无辜被终止：其用量未超过准入时的量或所申请的量；显存被他人占用'],
  [/^- load: .*$/, '- 负载：若每个作业独占 GPU 所需的 GPU 数 ÷ GPU 数'],
  [/^- utilisation: .*$/, '- 利用率：正常结束的作业的计算量 ÷ 到最后一个作业结束为止的 GPU 时间'],
  [/^- held: .*$/, '- 强制：运行器会终止超出其份额的进程；算力未满 100 % 的作业之间的干扰未建模'],
  [/^(#+) Sharing on the traces of Muri$/, '$1 Muri 轨迹上的共享'],
  [
    /^Muri to the letter: .*$/,
    '严格按照 Muri：64 个 GPU，每次有作业到达或结束，所有作业重新放置并各付一次其模型的启动代价；宽度相同的作业共享，至多四个，每个周期各完成一次迭代，与其模拟器一致。',
  ],
  [
    /^- Muri-S and SRSF of the published table know exact remaining times; .*$/,
    '- 公开表中的 Muri-S 与 SRSF 已知准确的剩余时间，“准确”亦然。“σ”为我们的对数正态误差（种子 1），超出预测后加倍。',
  ],
  [
    /^- Stage times by model are known to all who share\. .*$/,
    '- 所有共享者都知道各模型的阶段时间。模型由轨迹作者随机抽取：这些收益是此处所有数字中最具合成性的。',
  ],
  [/^- Memory is no part of this protocol: .*$/, '- 显存不属于该协议：此处假定所有共享者都放得下。'],
  [
    /^Five workloads of (\d+) jobs in eight hours on (\d+) nodes of (\d+) equal GPUs\. .*$/,
    '五个工作负载，各 $1 个作业，八小时内到达，$2 个节点各 $3 个相同的 GPU。到达时间、应用以及经过调优的刚性作业所申请的 GPU 数取自 Sia（SOSP’23）；刚性作业得到其所申请的数量，弹性作业得到每个 Pod 一个至该数量之间的任意数量。',
  ],
  [
    /^- Speed-up: Amdahl, (1 \/ \(s \+ \(1 - s\) \/ g\)) on g GPUs, .*; (\d+) seed\(s\)\. .*$/,
    '- 加速比：Amdahl，g 个 GPU 上为 $1，s 见表。工作量：单 GPU 上的 GPU 小时，在 Pollux 的区间内对数均匀分布（cifar10 0.1 至 1，bert 与 deepspeech2 1 至 10，yolov3 10 至 100，imagenet 100 至 1,000），刚性与弹性相同；$2 个随机种子。被驱逐或调整大小的作业会先保存，损失一分钟。',
  ],
  [
    /^- Run times are believed with a log-normal error of σ = 0\.5; .*$/,
    '- 运行时间的预测带有 σ = 0.5 的对数正态误差；调度器不知道加速比。驱逐与调整次数按每个工作负载计。',
  ],
  [
    /^- Sia's own figures .*$/,
    '- Sia 自己的数字（Philly：Sia 均值 0.6 小时、p99 9.5 小时；Pollux 1.0、14.9；调优后的 Gavel 1.9、30.0）不可直接比较：其集群有三种 GPU，作业会改变批大小，而决定作业时长的有效吞吐模型不在表中。',
  ],
  [
    /^Random crowded clusters in which half of the jobs are elastic, .*$/,
    '随机的拥挤集群，其中一半作业为弹性，估计有误，驱逐与调整尽可能容易：任何两个作业不得互相驱逐两次，为其驱逐或缩小了他人的作业必须在对方让出后立即启动。',
  ],
  [
    /^([\d,]+) nodes of the FGD cluster, jobs shaped like its pods with run times of Philly; in each cycle (\d+) jobs end and (\d+) come\. `act` is .*? why it waits\.(?: The quick form, (\d+) cycles.*)?$/,
    (_whole, nodes, end, come, quick) =>
      `FGD 集群的 ${nodes} 个节点，作业形状同其 Pod，运行时间取自 Philly；每个周期有 ${end} 个作业结束、${come} 个到达。\`act\` 是服务器立即执行的部分（启动与驱逐），\`decide\` 还会告知每个等待的作业为何等待。${quick === undefined ? '' : `简短形式，${quick} 个周期。`}`,
  ],
]

/** Cells of tables, word for word. */
const cells = new Map(
  Object.entries({
    variant: '变体',
    policy: '策略',
    all: '全部',
    'without GPU': '无 GPU',
    share: '共享',
    'one GPU': '单 GPU',
    'several GPUs': '多 GPU',
    'FGD as published, at 100 %': '公开的 FGD，100 %',
    'FGD here, at 100 %': '此处的 FGD，100 %',
    'FGD as published, at 130 %': '公开的 FGD，130 %',
    'FGD here, at 130 %': '此处的 FGD，130 %',
    'lost without GPU': '未放置的无 GPU Pod',
    'by FGD here': '此处的 FGD',
    'tightest fit': '最紧适配',
    knows: '已知',
    nothing: '无',
    exact: '准确',
    history: '历史',
    'mean of `shortest` with exact against SRSF': '`shortest` 准确时均值与 SRSF 相比',
    'mean of `shortest` with σ = 0.5 against SRSF': '`shortest` σ = 0.5 时均值与 SRSF 相比',
    'mean of `shortest` with σ = 1 against SRSF': '`shortest` σ = 1 时均值与 SRSF 相比',
    'mean of `shortest` with σ = 0.5 against SRSF that knows as much':
      '`shortest` σ = 0.5 时均值与所知相同的 SRSF 相比',
    'mean of `shortest` with σ = 1 against SRSF that knows as much': '`shortest` σ = 1 时均值与所知相同的 SRSF 相比',
    'mean of `shortest` with history against SRSF that knows as much': '`shortest` 凭历史的均值与所知相同的 SRSF 相比',
    'mean better than that of `shortest` with history, told exact run times':
      '已知准确运行时间而均值优于 `shortest` 仅凭历史者',
    'mean better than that of `shortest` with history, told no more': '所知不更多而均值优于 `shortest` 仅凭历史者',
    'mean better than that of `balanced` with history, told exact run times':
      '已知准确运行时间而均值优于 `balanced` 仅凭历史者',
    'mean better than that of `balanced` with history, told no more': '所知不更多而均值优于 `balanced` 仅凭历史者',
    none: '无',
    'p99 of `shortest` with history against 2D-LAS': '`shortest` 凭历史的 p99 与 2D-LAS 相比',
    'p99 of `balanced` with history against 2D-LAS': '`balanced` 凭历史的 p99 与 2D-LAS 相比',
    'p99 of `bounded` with history against 2D-LAS': '`bounded` 凭历史的 p99 与 2D-LAS 相比',
    'p99 of `default` with history against 2D-LAS': '`default` 凭历史的 p99 与 2D-LAS 相比',
    'what the bound of `balanced` costs: mean with history against `shortest`':
      '`balanced` 的等待上限的代价：凭历史的均值与 `shortest` 相比',
    'what the bound of `bounded` costs: mean with history against `shortest`':
      '`bounded` 的等待上限的代价：凭历史的均值与 `shortest` 相比',
    'within the median (0.50 is perfect)': '在中位数之内（0.50 为完美）',
    'within the 90th percentile (0.90)': '在第 90 百分位之内（0.90）',
    'σ of the error': '误差的 σ',
    trace: '轨迹',
    'trace3 as published': '公开的 trace3',
    'trace1 as published': '公开的 trace1',
    'trace3_pr as published': '公开的 trace3_pr',
    'trace1_pr as published': '公开的 trace1_pr',
    'foretold wait': '预告的等待',
    askings: '询问次数',
    'not told': '未告知',
    'by the likely moment': '可能时刻之前',
    'by the far end': '远端之前',
    'error, min': '误差，分钟',
    relative: '相对误差',
    'far end ÷ wait': '远端 ÷ 实际等待',
    'up to 10 min': '10 分钟以内',
    '10 min to 1 h': '10 分钟至 1 小时',
    '1 h to 6 h': '1 至 6 小时',
    '6 h to 24 h': '6 至 24 小时',
    'more than 24 h': '24 小时以上',
    histories: '历史数',
    evictions: '驱逐',
    resizes: '调整',
    faults: '违例',
    load: '负载',
    regime: '方式',
    'OOM kills per 1,000': '每 1,000 个作业的 OOM 终止',
    'of them innocent': '其中无辜',
    failed: '失败',
    'work lost %': '丢失的工作 %',
    'utilisation %': '利用率 %',
    'jobs a GPU': '每 GPU 作业数',
    'mean completion s': '平均完成时间 秒',
    'mean s': '均值 秒',
    'p99 s': 'p99 秒',
    exclusive: '独占',
    'static fractions': '静态划分',
    'no check': '不检查',
    'as asked': '按申请',
    'NovaBrain, advisory': 'NovaBrain，建议',
    'NovaBrain, held': 'NovaBrain，强制',
    'NovaBrain, held, again on 1.5 ×': 'NovaBrain，强制，再试用 1.5 倍',
    'NovaBrain, held, again on 1.5 ×, then alone': 'NovaBrain，强制，先用 1.5 倍再试，再独占',
    'NovaBrain, held, unknown as asked': 'NovaBrain，强制，未知者按申请',
    'against Muri-S': '与 Muri-S 相比',
    'makespan s': '总时长 秒',
    'SRSF, no sharing': 'SRSF，不共享',
    'NovaBrain sharing': 'NovaBrain 共享',
    'NovaBrain sharing, α ½': 'NovaBrain 共享，α ½',
    'Muri-S (published)': 'Muri-S（公开）',
    'Muri-L (published)': 'Muri-L（公开）',
    arrivals: '到达',
    jobs: '作业',
    'mean h': '均值 小时',
    'p50 h': 'p50 小时',
    'p99 h': 'p99 小时',
    'makespan h': '总时长 小时',
    'GPU-h a job': '每作业 GPU 小时',
    rigid: '刚性',
    elastic: '弹性',
    'default, no evictions for shorter work': 'default，不为较短作业驱逐',
    queued: '等待',
    running: '运行',
    nodes: '节点',
    comings: '到达',
    starts: '启动',
    'act p50 ms': 'act p50 毫秒',
    'act p99 ms': 'act p99 毫秒',
    'act CPU p50 ms': 'act CPU p50 毫秒',
    'decide p50 ms': 'decide p50 毫秒',
    'decide CPU p50 ms': 'decide CPU p50 毫秒',
    'first act ms': '首次 act 毫秒',
    'placements/s': '放置/秒',
    'placements/s of CPU': '放置/CPU 秒',
    'memory MiB': '内存 MiB',
    ratio: '比值',
    'jobs submitted/s': '提交作业/秒',
    'jobs started/s, first submission to last start': '启动作业/秒，自首次提交至最后启动',
    'processor time of the servers a job, ms': '服务器每作业处理器时间，毫秒',
    'processor time of the nodes a job, ms': '节点每作业处理器时间，毫秒',
    'what pages ask meanwhile, ms': '期间页面的请求，毫秒',
    'at rest p50': '空闲 p50',
    'in the burst p50': '突发 p50',
    max: '最大',
    'who am I': '当前身份',
    'list of jobs': '作业列表',
    'list of runs': '运行列表',
    'one run': '单个运行',
    'event loop of the server late by': '服务器事件循环延迟',
    'the burst': '突发',
    value: '数值',
    'a submission, ms: p50 / p99 / max': '一次提交，毫秒：p50 / p99 / 最大',
    'from submission to its place, ms: p50 / p99 / max': '从提交到获得位置，毫秒：p50 / p99 / 最大',
    'last start after the last submission, s': '最后一次提交到最后一次启动，秒',
    'most jobs waiting at once': '同时等待的作业最多',
    'processor time at rest, % of a core: server / PostgreSQL / nodes':
      '空闲时处理器占用，单核 %：服务器 / PostgreSQL / 节点',
    'processor time a job, ms: server / PostgreSQL': '每作业处理器时间，毫秒：服务器 / PostgreSQL',
    'memory, MiB: server / PostgreSQL': '内存，MiB：服务器 / PostgreSQL',
    'jobs with more than one attempt': '尝试多于一次的作业',
    'from submission to its place, of a small job': '小作业从提交到获得位置',
    'why a job waits': '作业为何等待',
    'what would happen to a job': '作业将会怎样',
    'the page of the queue': '队列页面',
  }),
)

const cellOf = (cell) => {
  const waiting = /^([\d,]+) jobs wait, (\d+) nodes; ms$/.exec(cell)
  if (waiting !== null) return `${waiting[1]} 个作业在等待，${waiting[2]} 个节点；毫秒`
  const counted = /^(\d+) jobs, (\d+) nodes$/.exec(cell)
  return counted === null ? (cells.get(cell) ?? cell) : `${counted[1]} 个作业，${counted[2]} 个节点`
}

const lineOf = (line) => {
  if (line.startsWith('|'))
    return line.replaceAll(/[^|]+/g, (cell) => cell.replace(cell.trim(), () => cellOf(cell.trim())))
  const found = sentences.find(([pattern]) => pattern.test(line))
  return found === undefined ? line : line.replace(...found)
}

/** Tables and what is said of them, in Chinese; what has no translation stays as it is. */
export const inChinese = (markdown) => markdown.split('\n').map(lineOf).join('\n')
