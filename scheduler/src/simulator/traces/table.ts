import type { SchedNode } from '../../model/snapshot.js'
import type { Trace } from '../engine/trace.js'
import { readCsv, type Row } from './csv.js'
import { openQueue, wholeDevices } from './nodes.js'

const usualPriority = 200

const optional = (row: Row, column: string, otherwise: string): string => {
  const value = row.text(column)
  return value === '' ? otherwise : value
}

/**
 * Reads a trace of one's own: a table with the columns job_id, submit_s, num_gpus and duration_s, and where there are
 * any, queue, owner, priority (a number, greater goes first), name (what a job resembles others in) and gpu_milli (a share
 * of one device, 1 to 1000).
 *
 * @throws Error when a column is missing, a number is none, or a job asks for more than the cluster has.
 */
export const readTable = (name: string, text: string, nodes: readonly SchedNode[]): Trace => {
  const rows = readCsv(text, ['job_id', 'submit_s', 'num_gpus', 'duration_s'])
  const perNode = nodes.reduce((most, node) => Math.max(most, node.devices.length), 1)
  const inAll = nodes.reduce((sum, node) => sum + node.devices.length, 0)
  const jobs = rows.map((row) => {
    const [id, gpuCount] = [row.text('job_id'), row.number('num_gpus')]
    if (gpuCount > inAll) throw new Error(`Job ${id} asks for ${gpuCount} GPUs, the cluster has ${inAll}.`)
    const [owner, queueName] = [optional(row, 'owner', 'everybody'), optional(row, 'queue', 'default')]
    const gpuMilli = row.text('gpu_milli') === '' ? 1000 : row.number('gpu_milli')
    const name = row.text('name')
    return {
      id,
      submitMs: Math.round(row.number('submit_s') * 1000),
      request: { ...wholeDevices(gpuCount, perNode), gpuMilli },
      runMs: Math.max(1, Math.round(row.number('duration_s') * 1000)),
      queueName,
      owner,
      priority: row.text('priority') === '' ? usualPriority : row.number('priority'),
      keys: [...(name === '' ? [] : [`${owner} ${name}`, name]), owner, `${gpuCount} GPUs`],
    }
  })
  return { name, nodes, queues: [...new Set(jobs.map(({ queueName }) => queueName))].map(openQueue), jobs }
}
