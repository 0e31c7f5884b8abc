import type { ChangePolicy, PolicyChange, PolicyField, PolicyValue, SchedulingPolicy } from '@novabrain/contracts'
import { writeChanges } from '../changes.js'
import { textOption, UsageError, type Command, type Context, type Session } from '../command.js'
import { formatDuration } from '../output.js'
import { parseDurationMs } from '../parse.js'

/** `novabrain policy`: how jobs are scheduled; owners change it, with a reason that stays. */
export const policy: Command = {
  usage: 'policy [show | set FIELD=VALUE… [--preset NAME] --reason "…" | history | presets]',
  options: { preset: { type: 'string' }, reason: { type: 'string' } },
  async run(context) {
    const session = await context.session()
    const [verb = 'show', ...rest] = context.positionals
    switch (verb) {
      case 'show':
        return show(context, await session.client.getSchedulingPolicy())
      case 'set':
        return set(context, session, rest)
      case 'history':
        return history(context, session)
      case 'presets':
        return presets(context, session)
      default:
        throw new UsageError(context.texts.usage(policy.usage))
    }
  },
}

const show = ({ output, texts }: Context, now: SchedulingPolicy): number => {
  const { columns } = texts
  output.value(now)
  output.line(now.version === 0 ? texts.policyUnchanged : texts.policyNow(now.version, now.preset))
  if (now.reason !== null) output.line(`${now.changedAt ?? ''}  ${now.changedBy ?? ''}: ${now.reason}`)
  output.line()
  output.table(
    [columns.field, columns.value, columns.bounds, columns.meaning],
    now.fields
      .filter(({ field }) => field in now.values)
      .map((field) => [field.field, valueText(field, now.values[field.field]), boundsText(field), field.label]),
  )
  return 0
}

const set = async (context: Context, { client }: Session, assignments: readonly string[]): Promise<number> => {
  const { texts, output, options } = context
  const preset = textOption(options, 'preset')
  if (assignments.length === 0 && preset === undefined) throw new UsageError(texts.usage(policy.usage))
  const reason = textOption(options, 'reason')
  if (reason === undefined) throw new UsageError(texts.policyReason)
  const now = await client.getSchedulingPolicy()
  const body: ChangePolicy = {
    values: Object.fromEntries(assignments.map((text) => assignment(text, now.fields, context))),
    reason,
    version: now.version,
    ...(preset === undefined ? {} : { preset }),
  }
  const made = await client.changeSchedulingPolicy({ body })
  output.value(made)
  output.line(texts.policyMade(made.version))
  return 0
}

/** `field=value`; a time may be given as `5m`. What it may hold is for the server to say. */
const assignment = (text: string, fields: readonly PolicyField[], { texts }: Context): [string, PolicyValue] => {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(texts.usage(policy.usage))
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  const isTime = fields.find(({ field }) => field === name)?.unit === 'ms'
  if (isTime && /[smhd]$/.test(value)) return [name, parseDurationMs(name, value, texts)]
  if (/^-?\d+$/.test(value)) return [name, Number(value)]
  return [name, value === 'true' ? true : value === 'false' ? false : value]
}

const history = async (context: Context, { client }: Session): Promise<number> => {
  const [{ items }, { fields }] = await Promise.all([client.listPolicyChanges(), client.getSchedulingPolicy()])
  writeChanges(context, items, {
    none: context.texts.policyUnchanged,
    changesOf: ({ changes }) => changes.map((change) => changeText(change, fields)),
  })
  return 0
}

const changeText = (
  { field, before, after }: PolicyChange['changes'][number],
  fields: readonly PolicyField[],
): string => {
  const spec = fields.find((each) => each.field === field)
  const say = (value: PolicyValue | null) =>
    value === null || spec === undefined ? String(value ?? '–') : valueText(spec, value)
  return `${field}: ${say(before)} → ${say(after)}`
}

const presets = async ({ output, texts }: Context, { client }: Session): Promise<number> => {
  const { items } = await client.listPolicyPresets()
  output.value(items)
  output.table(
    [texts.columns.name, texts.columns.meaning],
    items.map(({ name, title, meaning }) => [name, `${title}: ${meaning}`]),
  )
  return 0
}

const valueText = ({ unit }: PolicyField, value: PolicyValue | undefined): string =>
  unit === 'ms' && typeof value === 'number' ? formatDuration(value) : String(value ?? '')

const boundsText = ({ kind, unit, minimum, maximum, choices }: PolicyField): string => {
  if (kind === 'flag') return 'true, false'
  if (choices !== null) return choices.map(({ value }) => value).join(', ')
  const bound = (value: number | null) => (unit === 'ms' ? formatDuration(value ?? 0) : String(value ?? 0))
  return `${bound(minimum)} – ${bound(maximum)}`
}
