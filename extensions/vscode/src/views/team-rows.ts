import type { Node, QueueEntry, ResponseOf, Routes } from '@novabrain/contracts'
import { counted, formatMib, formatModel, stringsOf } from '@novabrain/ui'
import type { Editor } from '../editor.js'
import type { TreeRow } from './tree.js'

type Answer = ResponseOf<Routes['listQueueEntries']>

/** What waits and works; an older server lists all, and does not count. */
export type Queue = Pick<Answer, 'items'> & Partial<Pick<Answer, 'waitingCount'>>

/** What leads want to see: who holds which device, and who waits and why. */
export const teamRows = (
  editor: Pick<Editor, 't' | 'locale'>,
  nodes: readonly Node[],
  { items: queue, waitingCount }: Queue,
): TreeRow[] => {
  const waiting = queue.filter(({ position }) => position !== null)
  const listed = queue.filter(({ status }) => status === 'queued').length
  const more = (waitingCount ?? listed) - listed
  return [
    {
      id: 'queue',
      label: stringsOf(editor.locale).queuePage.label,
      icon: 'graph',
      command: { id: 'novabrain.openQueue', arguments: [] },
    },
    {
      id: 'devices',
      label: editor.t('Devices'),
      open: 'expanded',
      children: nodes.map((node) => nodeRow(editor, node)),
    },
    {
      id: 'waiting',
      label: editor.t('Waiting'),
      description: new Intl.NumberFormat(editor.locale).format(waiting.length + more),
      open: waiting.length > 0 ? 'expanded' : 'collapsed',
      children:
        waiting.length === 0
          ? [{ id: 'nobody', label: editor.t('Nobody waits') }]
          : [...waiting.map((entry) => waitingRow(editor, entry)), ...moreRow(editor, more)],
    },
    { id: 'people', label: editor.t('People'), open: 'expanded', children: peopleRows(editor, queue) },
  ]
}

const moreRow = (editor: Pick<Editor, 'locale'>, more: number): TreeRow[] => {
  const n = new Intl.NumberFormat(editor.locale).format(more)
  return more > 0 ? [{ id: 'more', label: counted(stringsOf(editor.locale).queue.more, more, { n }) }] : []
}

const nodeRow = (editor: Pick<Editor, 't' | 'locale'>, node: Node): TreeRow => {
  const t = stringsOf(editor.locale)
  const gpus = node.devices.filter(({ kind }) => kind === 'gpu')
  const free = gpus.filter(({ freeMilli }) => freeMilli === 1000).length
  return {
    id: `node:${node.id}`,
    label: node.name,
    description: gpus.length === 0 ? t.nodes.noDevices : counted(t.nodes.gpusFree, gpus.length, { free }),
    icon: node.state === 'ready' ? 'server' : 'warning',
    spoken: `${node.name}, ${t.nodes.state[node.state]}`,
    open: 'expanded',
    children: gpus.map((device) => ({
      id: `device:${device.id}`,
      label: `${device.index} · ${formatModel(device.model, t.device)}`,
      description: [
        device.heldBy.length === 0
          ? t.device.free
          : device.heldBy.map((held) => `#${held.jobNumber} ${held.jobName}`).join(', '),
        formatMib(device.memoryMib),
        ...(device.simulated ? [t.device.simulated] : []),
      ].join(' · '),
      icon: device.heldBy.length === 0 ? 'circle-outline' : 'circle-filled',
    })),
  }
}

const waitingRow = (editor: Pick<Editor, 't' | 'locale'>, entry: QueueEntry): TreeRow => ({
  id: `waiting:${entry.jobId}`,
  label: `${entry.position ?? '–'}. #${entry.jobNumber} ${entry.jobName}`,
  description: `${entry.submittedBy} · ${entry.message}`,
  icon: 'clock',
  command: { id: 'novabrain.openRun', arguments: [{ jobId: entry.jobId }] },
})

const peopleRows = (editor: Pick<Editor, 't' | 'locale'>, queue: readonly QueueEntry[]): TreeRow[] => {
  const t = stringsOf(editor.locale)
  const people = new Map<string, { gpus: number; waiting: number }>()
  for (const entry of queue) {
    const known = people.get(entry.submittedBy) ?? { gpus: 0, waiting: 0 }
    const waits = entry.position !== null
    people.set(entry.submittedBy, {
      gpus: known.gpus + (waits ? 0 : entry.gpuCount),
      waiting: known.waiting + (waits ? 1 : 0),
    })
  }
  if (people.size === 0) return [{ id: 'idle', label: editor.t('Nobody runs anything now') }]
  return [...people]
    .sort(([a, left], [b, right]) => right.gpus - left.gpus || a.localeCompare(b))
    .map(([name, { gpus, waiting }]) => ({
      id: `person:${name}`,
      label: name,
      description: [counted(t.queue.gpus, gpus), ...(waiting > 0 ? [editor.t('{0} waiting', waiting)] : [])].join(
        ' · ',
      ),
      icon: 'person',
    }))
}
