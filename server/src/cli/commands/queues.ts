import type { Command } from '../command.js'

/** `novabrain queues`: the queues with quota and cohort. */
export const queues: Command = {
  usage: 'queues',
  options: {},
  async run(context) {
    const session = await context.session()
    const { items } = await session.client.listQueues()
    const { columns } = context.texts
    context.output.value(items)
    context.output.table(
      [columns.queue, columns.quota, columns.cohort],
      items.map((queue) => [
        queue.name,
        queue.nominalGpuMilli === null ? '–' : `${queue.nominalGpuMilli / 1000} GPU`,
        queue.cohort ?? '',
      ]),
    )
    return 0
  },
}
