import { fail, type Resources } from '@novabrain/contracts'
import { judgeAssistantJob } from '../../core/assistant/gpu-hours.js'
import type { Config } from '../../config.js'
import type { Clock, ProjectScope, Tx } from '../../deps.js'

const dayMs = 86_400_000
const lockMember = 'SELECT id FROM members WHERE id = $1 FOR NO KEY UPDATE'
const used = 'SELECT used_by_assistants($1, $2)::float8 AS used'

/** What an assistant asks for, and what of the day's limit it may use. */
export interface AssistantAllowance {
  readonly mostGpuHours: number
  readonly leftGpuHours: number
  readonly limitGpuHours: number
}

/**
 * Whether a member's assistant may submit such a job. The member's row is locked until the transaction ends, so that two
 * jobs at once cannot both use what is left. Errors: `assistant_jobs_forbidden`, `time_limit_required`,
 * `assistant_limit_reached`.
 */
export const checkAssistantJob = async (
  tx: Tx,
  { config, clock }: { readonly config: Config; readonly clock: Clock },
  scope: ProjectScope,
  asked: { readonly resources: Resources; readonly timeLimitMs: number | null },
): Promise<AssistantAllowance> => {
  const { memberId } = scope
  if (memberId === null) return fail('permission_denied', { role: 'editor' })
  const limitGpuHours = config.assistantGpuHoursPerDay
  await tx.query(lockMember, [memberId])
  const since = new Date(clock.nowMs() - dayMs).toISOString()
  const rows: { used: number }[] = await tx.query(used, [memberId, since])
  const verdict = judgeAssistantJob({ ...asked, usedGpuMilliMs: rows[0]?.used ?? 0, limitGpuHours })
  switch (verdict.kind) {
    case 'forbidden':
      return fail('assistant_jobs_forbidden')
    case 'no_time_limit':
      return fail('time_limit_required')
    case 'over_limit': {
      const { mostGpuHours, leftGpuHours } = verdict
      return fail('assistant_limit_reached', { mostGpuHours, leftGpuHours, limitGpuHours })
    }
    case 'allowed':
      return { mostGpuHours: verdict.mostGpuHours, leftGpuHours: verdict.leftGpuHours, limitGpuHours }
  }
}
