import type { BothTexts } from './fields.js'
import type { Policy } from './policy.js'
import { balancedPolicy, boundedPolicy, defaultPolicy, fifoPolicy, shortestPolicy } from './presets.js'

/** A policy with a name, to begin from. */
export interface NamedPolicy {
  readonly name: string
  readonly title: BothTexts
  readonly meaning: BothTexts
  readonly policy: Policy
}

/** The policies one may choose by name. */
export const namedPolicies: readonly NamedPolicy[] = [
  {
    name: 'default',
    title: { en: 'Short work first', zh: '短作业优先' },
    meaning: {
      en: 'Least predicted work first, bounded by age; fair between queues and people; more important jobs preempt.',
      zh: '预计工作量最小者优先，并以等待时间为界；队列和个人之间公平；更重要的作业可以抢占。',
    },
    policy: defaultPolicy,
  },
  {
    name: 'fifo',
    title: { en: 'First come, first served', zh: '先到先得' },
    meaning: {
      en: 'By the time of submission, with places reserved for wide jobs from the first moment; nobody is preempted.',
      zh: '按提交时间排队，多 GPU 作业从一开始就有预留；不抢占任何作业。',
    },
    policy: fifoPolicy,
  },
  {
    name: 'shortest',
    title: { en: 'Least mean completion', zh: '平均完成时间最短' },
    meaning: {
      en: 'Strictly by predicted work, whatever the width; nobody goes first by age before a year has passed.',
      zh: '无论宽度，严格按预计工作量排队；等待满一年之前，没有作业因等待时间而提前。',
    },
    policy: shortestPolicy,
  },
  {
    name: 'balanced',
    title: { en: 'Low mean, wide jobs in time', zh: '均值低，宽作业不久等' },
    meaning: {
      en: 'By predicted work, width counting less; a job of several GPUs that has waited two weeks goes first, and a place is kept for it.',
      zh: '按预计工作量排队，宽度的影响较小；需要多个 GPU 且等待满两周的作业排到最前，并为它预留位置。',
    },
    policy: balancedPolicy,
  },
  {
    name: 'bounded',
    title: { en: 'Least mean, two days at most', zh: '平均最短，至多两天' },
    meaning: {
      en: 'By predicted work, but a job that has waited two days goes before all others, also before those that came later and run.',
      zh: '按预计工作量排队，但等待满两天的作业排到最前，也先于提交更晚、正在运行的作业。',
    },
    policy: boundedPolicy,
  },
]
