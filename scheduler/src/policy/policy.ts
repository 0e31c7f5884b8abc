import type { PlacementPolicy } from '../placement/policy.js'

/** How to decide, as data. All numbers are whole; times in milliseconds. */
export interface Policy {
  readonly order: {
    /** `predicted`: least predicted work first, width counted as devices^(quarters/4). `submitted`: first come, first served. */
    readonly kind: 'predicted' | 'submitted'
    /** The exponent α of the width in quarters, 0 to 4; 3 is α = 0.75. */
    readonly widthQuarters: number
    /** How many CPU cores weigh as much as one device, for jobs without one. */
    readonly coresPerDevice: number
    /** Assumed run time where nothing is known. */
    readonly unknownRuntimeMs: number
  }
  /** A job that has waited longer than `max(minimumMs, factor × predicted)`, but at most `maximumMs`, goes before all others. */
  readonly ageBound: { readonly factor: number; readonly minimumMs: number; readonly maximumMs: number }
  /** How much present and past use weigh against each other in the fair share. */
  readonly fairShare: { readonly presentWeight: number; readonly pastWeight: number }
  readonly placement: PlacementPolicy
  /** The oldest gang that has waited at least this long heads its priority and gets a reservation when blocked. */
  readonly reservation: { readonly afterWaitMs: number }
  readonly preemption: {
    readonly enabled: boolean
    /** An attempt younger than this is never a victim. */
    readonly minimumRunMs: number
    readonly maximumEvictionsPerHour: number
    /** Start-up and save cost counted for every victim, per device. */
    readonly restartCostMs: number
    /**
     * Who may be ended for shorter work of the same importance and queue: nobody, attempts that lose nothing or only what
     * was done since a checkpoint, or any.
     */
    readonly shorterWork: 'never' | 'resumable' | 'any'
    /**
     * What such an exchange counts. `time`: how much sooner one starts and how much later others end. `work`: time × width, as
     * the order does, with what is freed beyond the job as far as others wait to use it, of what lies idle only what others who
     * wait could use, and the job's own run time soberly.
     */
    readonly exchange: 'time' | 'work'
    /** An eviction for shorter work must save so many thousandths of what it costs (θ of the cost model). */
    readonly benefitPermille: number
    /**
     * Who may be ended for a job of the same importance and queue that came first and is past its age bound. `never`: it waits until
     * room comes, and once it runs nobody ends it. Else it has less need of that: a job that has hardly run beside
     * it may end it for shorter work.
     */
    readonly aged: 'never' | 'resumable' | 'any'
    /** How long freed devices are kept for the preemptor. */
    readonly holdMs: number
    /** At most so many jobs look for victims in a cycle. */
    readonly maximumPerCycle: number
  }
  /** With how much device memory jobs are let in that ask for a share of a device. */
  readonly memory: {
    /** `history`: shares are let in with what like jobs took, unknown jobs alone; `off`: with what they ask. */
    readonly check: 'history' | 'off'
    /** Fewer runs of like jobs count as none. */
    readonly minimumRuns: number
    /** What a process takes of a device before its framework counts, MiB. */
    readonly contextMib: number
    /** The margin above the p95 of the peaks, thousandths of it, at least; the spread of the peaks if that is more. */
    readonly marginPermille: number
    /** The margin is widened by this ÷ runs. */
    readonly fewRunsFactor: number
  }
  readonly explain: {
    /** For at most so many different requests a cycle looks for the smallest helpful change. */
    readonly maximumSuggestions: number
  }
}
