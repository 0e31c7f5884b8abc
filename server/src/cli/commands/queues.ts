import type { Queue } from '@novabrain/contracts'
import { integerOption, textOption, UsageError, type Command, type Context, type Session } from '../command.js'

type Limit = 'nominalGpuMilli' | 'borrowingLimitGpuMilli' | 'lendingLimitGpuMilli'

/** `novabrain queues`: the queues with quota and cohort; `set NAME` makes one or changes what is named of it. */
export const queues: Command = {
  usage: 'queues [set NAME [--gpus 4|none] [--borrow 2|none] [--lend 1|none] [--weight 1] [--cohort NAME|none]]',
  options: {
    gpus: { type: 'string' },
    borrow: { type: 'string' },
    lend: { type: 'string' },
    weight: { type: 'string' },
    cohort: { type: 'string' },
  },
  async run(context) {
    const session = await context.session()
    const { items } = await session.client.listQueues()
    const [verb, name] = context.positionals
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
    [columns.queue, columns.quota, columns.cohort, columns.borrow, columns.lend, columns.weight],
    items.map((queue) => [
      queue.name,
      amount(queue.nominalGpuMilli),
      queue.cohort ?? '–',
      queue.cohort === null ? '–' : amount(queue.borrowingLimitGpuMilli),
      queue.cohort === null ? '–' : amount(queue.lendingLimitGpuMilli),
      String(queue.weight),
    ]),
  )
  return 0
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
  const body = {
    cohort: asked === undefined ? cohort : asked === 'none' ? null : asked,
    nominalGpuMilli,
    borrowingLimitGpuMilli,
    lendingLimitGpuMilli,
    weight: integerOption(context.options, 'weight', context.texts) ?? weight,
    ...limit(context, 'gpus', 'nominalGpuMilli'),
    ...limit(context, 'borrow', 'borrowingLimitGpuMilli'),
    ...limit(context, 'lend', 'lendingLimitGpuMilli'),
  }
  const queue = await client.putQueue({ params: { queueName: name }, body })
  context.output.value(queue)
  context.output.line(context.texts.queueSet(name))
  return 0
}

/** A limit in GPUs, down to thousandths; `none` takes it away, and without the option it stays. */
const limit = ({ options, texts }: Context, option: string, field: Limit): Partial<Record<Limit, number | null>> => {
  const text = textOption(options, option)
  if (text === undefined) return {}
  if (text === 'none') return { [field]: null }
  if (!/^\d+(\.\d{1,3})?$/.test(text)) throw new UsageError(texts.badAmount(option, text))
  return { [field]: Math.round(Number(text) * 1000) }
}
