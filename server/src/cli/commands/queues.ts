import type { Queue, QueueChange, QueueOrderKind } from '@novabrain/contracts'
import { writeChanges } from '../changes.js'
import { integerOption, textOption, UsageError, type Command, type Context, type Session } from '../command.js'
import { formatDuration } from '../output.js'
import { parseDurationMs } from '../parse.js'

type Limit = 'nominalGpuMilli' | 'borrowingLimitGpuMilli' | 'lendingLimitGpuMilli'

/** `novabrain queues`: the queues with quota, cohort and order; `set NAME` makes one or changes what is named of it. */
export const queues: Command = {
  usage:
    'queues [set NAME [--gpus 4|none] [--borrow 2|none] [--lend 1|none] [--weight 1] [--cohort NAME|none] ' +
    '[--order cluster|predicted|submitted] [--people fair|alike] [--patience 12h|none] [--reason "…"] | history NAME]',
  options: {
    gpus: { type: 'string' },
    borrow: { type: 'string' },
    lend: { type: 'string' },
    weight: { type: 'string' },
    cohort: { type: 'string' },
    order: { type: 'string' },
    people: { type: 'string' },
    patience: { type: 'string' },
    reason: { type: 'string' },
  },
  async run(context) {
    const session = await context.session()
    const [verb, name] = context.positionals
    if (verb === 'history' && name !== undefined) return history(context, session, name)
    const { items } = await session.client.listQueues()
    if (verb === undefined) return list(context, items)
    if (verb !== 'set' || name === undefined) throw new UsageError(context.texts.usage(queues.usage))
    return set(context, session, name, items.find((queue) => queue.name === name) ?? null)
  },
}

const list = ({ output, texts }: Context, items: readonly Queue[]): number => {
  const { columns } = texts
  const amount = (milli: number | null) => (milli === null ? texts.noLimit : `${milli / 1000} GPU`)
  output.value(items)
  output.table(
    [columns.queue, columns.quota, columns.cohort, columns.borrow, columns.lend, columns.weight, columns.order],
    items.map((queue) => [
      queue.name,
      amount(queue.nominalGpuMilli),
      queue.cohort ?? '–',
      queue.cohort === null ? '–' : amount(queue.borrowingLimitGpuMilli),
      queue.cohort === null ? '–' : amount(queue.lendingLimitGpuMilli),
      String(queue.weight),
      orderText(queue, texts),
    ]),
  )
  return 0
}

const orderText = ({ orderKind, orderFair, patienceMs }: Queue, texts: Context['texts']): string =>
  [
    orderKind,
    ...(orderFair ? [] : ['alike']),
    ...(patienceMs === null ? [] : [texts.queuePatience(formatDuration(patienceMs))]),
  ].join(', ')

const history = async (context: Context, { client }: Session, queueName: string): Promise<number> => {
  const { items } = await client.listQueueChanges({ params: { queueName } })
  writeChanges(context, items, {
    none: context.texts.queueUnchanged(queueName),
    changesOf: ({ changes }) =>
      changes.map(({ field, before, after }) => `${optionOf(field)}: ${told(field, before)} → ${told(field, after)}`),
  })
  return 0
}

type Changed = QueueChange['changes'][number]

const options: Readonly<Record<string, string>> = {
  nominalGpuMilli: 'gpus',
  borrowingLimitGpuMilli: 'borrow',
  lendingLimitGpuMilli: 'lend',
  orderKind: 'order',
  orderFair: 'people',
  patienceMs: 'patience',
}

/** Histories speak as `set` is spoken to. */
const optionOf = (field: string): string => options[field] ?? field

const told = (field: string, value: Changed['after']): string => {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'fair' : 'alike'
  if (field.endsWith('GpuMilli')) return String(Number(value) / 1000)
  return field === 'patienceMs' ? formatDuration(Number(value)) : String(value)
}

const fresh = {
  cohort: null,
  nominalGpuMilli: null,
  borrowingLimitGpuMilli: null,
  lendingLimitGpuMilli: null,
  weight: 1,
} as const

const set = async (context: Context, { client }: Session, name: string, known: Queue | null): Promise<number> => {
  const { cohort, nominalGpuMilli, borrowingLimitGpuMilli, lendingLimitGpuMilli, weight } = known ?? fresh
  const asked = textOption(context.options, 'cohort')
  const reason = textOption(context.options, 'reason')
  const order = orderOf(context)
  if (Object.keys(order).length > 0 && reason === undefined) throw new UsageError(context.texts.policyReason)
  const body = {
    cohort: asked === undefined ? cohort : asked === 'none' ? null : asked,
    nominalGpuMilli,
    borrowingLimitGpuMilli,
    lendingLimitGpuMilli,
    weight: integerOption(context.options, 'weight', context.texts) ?? weight,
    ...limit(context, 'gpus', 'nominalGpuMilli'),
    ...limit(context, 'borrow', 'borrowingLimitGpuMilli'),
    ...limit(context, 'lend', 'lendingLimitGpuMilli'),
    ...order,
    ...(reason === undefined ? {} : { reason }),
    version: known?.version ?? 0,
  }
  const queue = await client.putQueue({ params: { queueName: name }, body })
  context.output.value(queue)
  context.output.line(context.texts.queueSet(name))
  return 0
}

const kinds: readonly QueueOrderKind[] = ['cluster', 'predicted', 'submitted']

/** What is said of the order inside the queue. */
const orderOf = ({ options, texts }: Context): Partial<Pick<Queue, 'orderKind' | 'orderFair' | 'patienceMs'>> => {
  const [order, people, patience] = ['order', 'people', 'patience'].map((name) => textOption(options, name))
  const kind = kinds.find((each) => each === order)
  if (order !== undefined && kind === undefined) throw new UsageError(texts.usage(queues.usage))
  if (people !== undefined && people !== 'fair' && people !== 'alike') throw new UsageError(texts.usage(queues.usage))
  return {
    ...(kind === undefined ? {} : { orderKind: kind }),
    ...(people === undefined ? {} : { orderFair: people === 'fair' }),
    ...(patience === undefined
      ? {}
      : { patienceMs: patience === 'none' ? null : parseDurationMs('patience', patience, texts) }),
  }
}

/** A limit in GPUs, down to thousandths; `none` takes it away, and without the option it stays. */
const limit = ({ options, texts }: Context, option: string, field: Limit): Partial<Record<Limit, number | null>> => {
  const text = textOption(options, option)
  if (text === undefined) return {}
  if (text === 'none') return { [field]: null }
  if (!/^\d+(\.\d{1,3})?$/.test(text)) throw new UsageError(texts.badAmount(option, text))
  return { [field]: Math.round(Number(text) * 1000) }
}
