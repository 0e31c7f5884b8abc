import type { Device, Node } from '@novabrain/contracts'
import type { Command } from '../command.js'
import type { Texts } from '../texts.js'

/** `novabrain nodes`: every device, what is free on it and who holds it. */
export const nodes: Command = {
  usage: 'nodes',
  options: {},
  async run(context) {
    const session = await context.session()
    const { items } = await session.client.listNodes()
    const { columns, nothing } = context.texts
    context.output.value(items)
    if (items.length === 0) context.output.line(nothing)
    else
      context.output.table(
        [columns.node, columns.status, columns.device, columns.free, columns.heldBy],
        items.flatMap((node) => node.devices.map((device) => rowOf(node, device, context.texts))),
      )
    return 0
  },
}

const rowOf = (node: Node, device: Device, texts: Texts): string[] => [
  node.name,
  node.state,
  `${device.index}: ${device.model}${device.simulated ? ` (${texts.simulated})` : ''}`,
  texts.free(device.freeMilli / 10, device.freeMemoryMib, device.memoryMib),
  device.heldBy.map((holder) => `#${holder.jobNumber} ${holder.jobName}`).join(', '),
]
