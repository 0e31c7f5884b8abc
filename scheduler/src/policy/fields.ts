import type { Policy } from './policy.js'

/** A text in both languages of the house. */
export interface BothTexts {
  readonly en: string
  readonly zh: string
}

interface Told {
  /** What people call it. */
  readonly label: BothTexts
  /** What it does, and which way it works. */
  readonly meaning: BothTexts
  /** Whose it is: of the whole cluster, or of each tenant for its own queues. */
  readonly scope: 'cluster' | 'tenant'
  /** It only means something while another field has one of these values. */
  readonly when?: { readonly field: string; readonly is: readonly string[] }
  /** Its value where the default policy has none, since it means nothing there. */
  readonly fallback?: PolicyValue
}

/** A whole number inside bounds. */
export interface IntegerField extends Told {
  readonly kind: 'integer'
  readonly minimum: number
  readonly maximum: number
  readonly unit: 'ms' | 'count' | 'factor' | 'weight' | 'permille' | 'quarters' | 'cores' | 'MiB'
}

/** Yes or no. */
export interface FlagField extends Told {
  readonly kind: 'flag'
}

/** One of a few words. */
export interface ChoiceField<Value extends string = string> extends Told {
  readonly kind: 'choice'
  readonly values: Readonly<Record<Value, BothTexts>>
}

/** A field of a policy with its meaning, unit and bounds. */
export type PolicyField = IntegerField | FlagField | ChoiceField

/** What a field may hold. */
export type PolicyValue = number | boolean | string

type Paths<T> = T extends object
  ? { [K in keyof T & string]-?: NonNullable<T[K]> extends object ? `${K}.${Paths<NonNullable<T[K]>>}` : K }[keyof T &
      string]
  : never

type At<T, Path extends string> = T extends unknown
  ? Path extends `${infer Head}.${infer Rest}`
    ? Head extends keyof T
      ? At<T[Head], Rest>
      : never
    : Path extends keyof T
      ? T[Path]
      : never
  : never

type FieldFor<Value> = [Value] extends [boolean]
  ? FlagField
  : [Value] extends [number]
    ? IntegerField
    : [Value] extends [string]
      ? ChoiceField<Value>
      : never

/** The name of a field: its place in the policy. */
export type PolicyPath = Paths<Policy>

const hour = 3_600_000
const day = 24 * hour

const integer = (
  unit: IntegerField['unit'],
  [minimum, maximum]: readonly [number, number],
  label: BothTexts,
  meaning: BothTexts,
  scope: Told['scope'] = 'cluster',
): IntegerField => ({ kind: 'integer', unit, minimum, maximum, label, meaning, scope })

/** A field that means nothing unless another has a value. */
const onlyFor = (field: string, value: string, spec: IntegerField): IntegerField => ({
  ...spec,
  when: { field, is: [value] },
})

const text = (en: string, zh: string): BothTexts => ({ en, zh })

/**
 * Every field of a policy, in the order in which people read them. The API, the command line, the page and the stored
 * versions are made from this table: a new field of `Policy` is a line here, and does not compile without it.
 */
export const policyFields: { readonly [Path in PolicyPath]: FieldFor<At<Policy, Path>> } = {
  'order.kind': {
    kind: 'choice',
    scope: 'cluster',
    label: text('Order', '排队顺序'),
    meaning: text('Who goes first among jobs of equal importance and share.', '在重要性和份额相同的作业中，谁先运行。'),
    values: {
      predicted: text('least predicted work first', '预计工作量最小者优先'),
      submitted: text('first come, first served', '先到先得'),
    },
  },
  'order.widthQuarters': integer(
    'quarters',
    [0, 4],
    text('Weight of the width', '宽度的权重'),
    text(
      'Predicted work is run time × GPUs^(this ÷ 4): 0 looks at time alone, 4 counts GPU hours; between them wide jobs are spared.',
      '预计工作量 = 运行时间 × GPU 数^(此值 ÷ 4)：0 只看时间，4 按 GPU 时计；介于其间时对多 GPU 作业较宽容。',
    ),
  ),
  'order.coresPerDevice': integer(
    'cores',
    [1, 1024],
    text('CPU cores like one GPU', '相当于一个 GPU 的 CPU 核数'),
    text('How wide a job without a GPU counts.', '不使用 GPU 的作业按多少宽度计算。'),
  ),
  'order.unknownRuntimeMs': integer(
    'ms',
    [1000, 30 * day],
    text('Run time of unknown jobs', '未知作业的运行时间'),
    text('Assumed where no job of its kind has run yet.', '没有同类作业的历史时所假定的运行时间。'),
  ),
  'ageBound.factor': integer(
    'factor',
    [0, 1000],
    text('Patience, times the run time', '耐心：运行时间的倍数'),
    text(
      'A job that has waited so many times its predicted run time goes before all others.',
      '等待时间达到预计运行时间的这么多倍后，作业排到所有作业之前。',
    ),
  ),
  'ageBound.minimumMs': integer(
    'ms',
    [0, 365 * day],
    text('Patience, at least', '耐心：至少'),
    text('However short a job is, it waits its turn for so long.', '无论作业多短，都要先按顺序等待这么久。'),
  ),
  'ageBound.maximumMs': integer(
    'ms',
    [0, 365 * day],
    text('Patience, at most', '耐心：至多'),
    text('However long a job is, after so long it goes first.', '无论作业多长，等待这么久后都会排到最前。'),
  ),
  'fairShare.presentWeight': integer(
    'weight',
    [0, 1000],
    text('Weight of present use', '当前用量的权重'),
    text(
      'How much what a queue or person uses now counts in the fair share.',
      '队列或个人当前的用量在公平份额中的权重。',
    ),
  ),
  'fairShare.pastWeight': integer(
    'weight',
    [0, 1000],
    text('Weight of past use', '过往用量的权重'),
    text('How much past use, fading by half in a day, counts beside it.', '过往用量（每天衰减一半）的权重。'),
  ),
  'placement.kind': {
    kind: 'choice',
    scope: 'cluster',
    label: text('Placement', '放置方式'),
    meaning: text('Which of the free GPUs a job gets.', '作业会得到哪些空闲的 GPU。'),
    values: {
      fragmentation: text(
        'least fragmentation: what is left stays useful to the usual jobs',
        '最少碎片：余下的资源对常见作业仍然可用',
      ),
      best_fit: text('best fit: the fullest node that has room', '最佳适应：放得下的最满节点'),
      fgd: text('fragmentation gradient alone', '仅按碎片梯度'),
      least_remainder: text('least remainder of CPU and GPU', 'CPU 与 GPU 剩余最少'),
      dot_product: text('dot product of what is free and what is asked', '空闲量与请求量的点积'),
      gpu_packing: text('shared GPUs, then used nodes, then fresh ones', '先共享 GPU，再用过的节点，最后空节点'),
      gpu_clustering: text('nodes with jobs of the same width', '运行同样 GPU 数作业的节点优先'),
      random: text('by lot', '随机'),
    },
  },
  'placement.cpuStrand': onlyFor(
    'placement.kind',
    'fragmentation',
    integer(
      'permille',
      [0, 10_000],
      text('Weight of GPUs without CPU', '缺少 CPU 的 GPU 的权重'),
      text('How much it counts that GPUs of a node will lack CPU.', '节点上的 GPU 将来缺少 CPU 时计多少。'),
    ),
  ),
  'placement.scarcity': onlyFor(
    'placement.kind',
    'fragmentation',
    integer(
      'permille',
      [0, 10_000],
      text('Weight of sought-after nodes', '紧俏节点的权重'),
      text(
        'How far jobs keep away from nodes that others must have, for their model, their many GPUs or cores.',
        '作业在多大程度上避开他人（因型号、GPU 数或核数）必需的节点。',
      ),
    ),
  ),
  'placement.cpuPieces': onlyFor(
    'placement.kind',
    'fragmentation',
    integer(
      'permille',
      [0, 10_000],
      text('Weight of CPU in pieces', '零碎 CPU 的权重'),
      text(
        'How much jobs without a GPU avoid leaving cores in pieces too small for the next.',
        '不使用 GPU 的作业在多大程度上避免留下过小的 CPU 碎片。',
      ),
    ),
  ),
  'placement.cpuShort': onlyFor(
    'placement.kind',
    'fragmentation',
    integer(
      'permille',
      [0, 10_000],
      text('Weight of CPU in pieces where CPU is short', 'CPU 紧缺时零碎 CPU 的权重'),
      text(
        'The same for all jobs, where the usual jobs would use up the CPU as fast as the GPUs.',
        '当常见作业使 CPU 与 GPU 同样快地耗尽时，对所有作业适用。',
      ),
    ),
  ),
  'placement.stepMilli': onlyFor(
    'placement.kind',
    'fragmentation',
    integer(
      'permille',
      [1, 1000],
      text('Differences that count', '计入的差别'),
      text(
        'Nodes whose scores differ by less than so many thousandths of a GPU are equal; the first by name is taken.',
        '得分之差小于千分之多少个 GPU 的节点视为相同，取名称最前者。',
      ),
    ),
  ),
  'placement.seed': onlyFor('placement.kind', 'random', {
    ...integer(
      'count',
      [0, 2_147_483_647],
      text('Seed of the lots', '随机种子'),
      text('Equal seeds draw equally.', '相同的种子产生相同的结果。'),
    ),
    fallback: 1,
  }),
  'reservation.afterWaitMs': integer(
    'ms',
    [0, 365 * day],
    text('Reserve for wide jobs after', '多 GPU 作业的预留'),
    text(
      'A job of several GPUs that has waited so long gets a place kept for it in time.',
      '需要多个 GPU 的作业等待这么久后，会为它预留将来的位置。',
    ),
  ),
  'preemption.enabled': {
    kind: 'flag',
    scope: 'cluster',
    label: text('Preemption', '抢占'),
    meaning: text(
      'Whether a more important job, or the owner of a quota, may make others stop and wait again.',
      '更重要的作业或配额的所有者是否可以让其他作业停止并重新等待。',
    ),
  },
  'preemption.minimumRunMs': integer(
    'ms',
    [0, 7 * day],
    text('Safe at first for', '开始后不被抢占'),
    text('A job that has run less than this is never stopped for another.', '运行时间少于此值的作业不会被抢占。'),
  ),
  'preemption.maximumEvictionsPerHour': integer(
    'count',
    [0, 60],
    text('Evictions of one job an hour', '每个作业每小时最多被抢占'),
    text('After so many it is left alone.', '达到次数后不再被抢占。'),
  ),
  'preemption.restartCostMs': integer(
    'ms',
    [0, day],
    text('Cost of a restart', '重启的代价'),
    text(
      'Counted for every victim and GPU when the cheapest victims are chosen.',
      '选择代价最小的被抢占者时，按每个作业和 GPU 计入。',
    ),
  ),
  'preemption.shorterWork': {
    kind: 'choice',
    scope: 'cluster',
    label: text('Preempt for shorter work', '为短作业抢占'),
    meaning: text(
      'Whether a job with far less left to do may stop one of the same importance and queue.',
      '剩余工作少得多的作业是否可以停止同一队列中同等重要的作业。',
    ),
    values: {
      never: text('never', '从不'),
      resumable: text('jobs that can resume or have a checkpoint', '能够恢复或有检查点的作业'),
      any: text('any job, if it pays although its work is lost', '任何作业，只要损失其工作后仍然划算'),
    },
  },
  'preemption.exchange': {
    kind: 'choice',
    scope: 'cluster',
    label: text('What such a preemption counts', '此类抢占按什么计算'),
    meaning: text(
      'What is weighed when a job would stop others for shorter work. By work, what that frees and nobody waits for counts as its own, and what lies idle and nobody waits for costs it nothing.',
      '作业为较短工作停止其他作业时，用什么来衡量得失。按工作量时，由此空出而无人等待的部分计为它自己的，而无人等待的空闲部分不计入。',
    ),
    values: {
      time: text('time: one starts sooner, others end later', '时间：一方提前启动，其他推迟结束'),
      work: text('work: time × width, while others wait', '工作量：时间 × 宽度，有其他作业等待时'),
    },
  },
  'preemption.benefitPermille': integer(
    'permille',
    [1000, 100_000],
    text('Worth of such a preemption', '此类抢占的收益要求'),
    text(
      'It must save so many thousandths of what it costs the others.',
      '节省的部分至少要达到其他作业所付代价的这么多千分比。',
    ),
  ),
  'preemption.aged': {
    kind: 'choice',
    scope: 'cluster',
    label: text('Preempt for who waited too long', '为等待过久的作业抢占'),
    meaning: text(
      'Whether a job past its patience may stop one of the same importance and queue that came later. Unless never, shorter work may then stop it in turn.',
      '超过耐心期限的作业是否可以停止同一队列中同等重要、提交更晚的作业。除“从不”外，它启动后也可能再为短作业让出资源。',
    ),
    values: {
      never: text('never', '从不'),
      resumable: text('jobs that can resume or have a checkpoint', '能够恢复或有检查点的作业'),
      any: text('any job, although its work is lost', '任何作业，即使损失其工作'),
    },
  },
  'preemption.holdMs': integer(
    'ms',
    [1000, day],
    text('Freed GPUs are kept for', '腾出的 GPU 保留'),
    text('How long nobody else may take what was freed for a job.', '为某个作业腾出的 GPU 在这段时间内不给他人。'),
  ),
  'preemption.maximumPerCycle': integer(
    'count',
    [0, 1000],
    text('Searches for victims a cycle', '每轮寻找被抢占者的次数'),
    text('Bounds the time one decision takes.', '限制一次决策所用的时间。'),
  ),
  'memory.check': {
    kind: 'choice',
    scope: 'cluster',
    label: text('GPU memory of shares', '共享 GPU 的显存'),
    meaning: text(
      'What a job that asks for a share of a GPU is let in with. Simulated GPUs have no memory to run out of: there, always as asked.',
      '请求部分 GPU 的作业按什么分配显存。模拟 GPU 没有真实显存，始终按请求分配。',
    ),
    values: {
      history: text(
        'what like jobs took, plus a margin; unknown ones run alone',
        '按同类作业的峰值加余量；未知作业首次单独运行',
      ),
      off: text('what it asks, unchecked', '按请求，不检查'),
    },
  },
  'memory.minimumRuns': integer(
    'count',
    [1, 100],
    text('Runs until a job is known', '多少次运行后视为已知'),
    text(
      'With fewer runs of like jobs a job that asks for a share runs alone.',
      '同类作业的运行次数更少时，请求部分 GPU 的作业单独运行。',
    ),
  ),
  'memory.contextMib': integer(
    'MiB',
    [0, 65_536],
    text('Memory for the driver', '驱动占用的显存'),
    text(
      'Added for what a process takes of a GPU before its framework counts.',
      '为进程在框架计数之前占用的显存额外增加的量。',
    ),
  ),
  'memory.marginPermille': integer(
    'permille',
    [0, 10_000],
    text('Memory margin, at least', '显存余量：至少'),
    text(
      'Above the peak that 95 of 100 like jobs stay within; the spread of their peaks if that is more.',
      '在 95% 同类作业不超过的峰值之上增加；若峰值的标准差更大则取标准差。',
    ),
  ),
  'memory.fewRunsFactor': integer(
    'factor',
    [0, 100],
    text('Wider margin for few runs', '运行次数少时加宽余量'),
    text('The margin grows by itself × this ÷ runs that are known.', '余量再增加“余量 × 此值 ÷ 已知运行次数”。'),
  ),
  'explain.maximumSuggestions': integer(
    'count',
    [0, 100_000],
    text('Suggestions a cycle', '每轮的建议数'),
    text(
      'For so many different requests a helpful change is looked for; 0 gives none.',
      '为这么多种不同的请求寻找可行的更改；0 表示不给出建议。',
    ),
  ),
}
