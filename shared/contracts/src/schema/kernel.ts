import { Type, type Static } from '@sinclair/typebox'

const Part = Type.Record(Type.String(), Type.Unknown())

/** The channels of Jupyter's messaging protocol that carry messages. */
export const KernelChannel = Type.Union([
  Type.Literal('shell'),
  Type.Literal('control'),
  Type.Literal('stdin'),
  Type.Literal('iopub'),
])
export type KernelChannel = Static<typeof KernelChannel>

/** One message of Jupyter's messaging protocol; binary buffers are in base64. */
export const KernelMessage = Type.Object({
  channel: KernelChannel,
  header: Type.Intersect([Part, Type.Object({ msg_id: Type.String(), msg_type: Type.String() })]),
  parent_header: Part,
  metadata: Part,
  content: Part,
  buffers: Type.Array(Type.String()),
})
export type KernelMessage = Static<typeof KernelMessage>

/** What the runner is told beside messages. */
export const KernelOrder = Type.Object({
  order: Type.Union([Type.Literal('interrupt'), Type.Literal('restart'), Type.Literal('shutdown')]),
})
export type KernelOrder = Static<typeof KernelOrder>

/** What becomes of the kernel, beside its messages. `ready`: it answers, for the first time or after a restart. */
export const KernelNews = Type.Object({
  news: Type.Union([Type.Literal('ready'), Type.Literal('restarting'), Type.Literal('dead')]),
})
export type KernelNews = Static<typeof KernelNews>

/**
 * What waits for the kernel after `after`, in order. `line` names the queue: with a new server comes a new one, which
 * counts from 1 again. What lies at or before `after` has arrived and is forgotten.
 */
export const KernelInbox = Type.Object({
  line: Type.String(),
  items: Type.Array(
    Type.Object({ number: Type.Integer({ minimum: 1 }), item: Type.Unsafe<KernelMessage | KernelOrder>({}) }),
  ),
})
export type KernelInbox = Static<typeof KernelInbox>

/** What came from the kernel, in order; `first` is the number of the first item, so that a repeat changes nothing. */
export const KernelOutbox = Type.Object({
  first: Type.Integer({ minimum: 1 }),
  items: Type.Array(Type.Union([KernelMessage, KernelNews]), { maxItems: 10_000 }),
})
export type KernelOutbox = Static<typeof KernelOutbox>
