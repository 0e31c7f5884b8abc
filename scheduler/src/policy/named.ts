import type { BothTexts } from './fields.js'
import type { Policy } from './policy.js'
import { defaultPolicy, fifoPolicy } from './presets.js'

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
]
