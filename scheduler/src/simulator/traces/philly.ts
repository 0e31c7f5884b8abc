import { widthOf, type Costs, type Trace } from '../engine/trace.js'
import { readCsv } from './csv.js'
import { equalNodes, openQueue, wholeDevices } from './nodes.js'

/** A virtual cluster of Philly with so many nodes of eight devices that its load is 0.65 to 0.85. */
export interface PhillyCluster {
  readonly vc: string
  readonly nodes: number
}

/** The four virtual clusters, from most to fewest jobs. */
export const phillyClusters: readonly PhillyCluster[] = [
  { vc: '6214e9', nodes: 7 },
  { vc: 'b436b2', nodes: 5 },
  { vc: '7f04ca', nodes: 10 },
  { vc: '2869ce', nodes: 7 },
]

/** Oct 1 and Dec 1 2017, in seconds since the beginning of the trace on Sept 4. */
const [fromS, untilS] = [2_332_800, 7_603_200]
const devicesEach = 8

/**
 * Jobs of one virtual cluster of the Philly trace (Jeon et al., ATC'19), submitted in October and November 2017, from a
 * table with the columns job_id, submit_s, vc, num_gpus, duration_s. Nothing but the width tells one job from another.
 */
export const readPhilly = (text: string, { vc, nodes }: PhillyCluster): Trace => {
  const rows = readCsv(text, ['job_id', 'submit_s', 'vc', 'num_gpus', 'duration_s'])
  const chosen = rows.filter((row) => {
    const submitS = row.number('submit_s')
    return row.text('vc') === vc && submitS >= fromS && submitS < untilS
  })
  return {
    name: `philly ${vc}`,
    nodes: equalNodes(nodes, devicesEach),
    queues: [openQueue(vc)],
    jobs: chosen.map((row) => ({
      id: row.text('job_id'),
      submitMs: Math.round(row.number('submit_s') * 1000),
      request: wholeDevices(row.number('num_gpus'), devicesEach),
      runMs: Math.max(1, Math.round(row.number('duration_s') * 1000)),
      queueName: vc,
      owner: vc,
      priority: 200,
      keys: [`${row.number('num_gpus')} GPUs`],
    })),
  }
}

/** 7, 30 and 60 s for coming back on one, up to eight and more devices: the assumption of Lucid (ASPLOS'23). */
export const phillyCosts: Costs = {
  startMs(job, isRestart) {
    const width = widthOf(job)
    return !isRestart ? 0 : width === 1 ? 7000 : width <= devicesEach ? 30_000 : 60_000
  },
  stopMs: () => 0,
  eventMs: () => 0,
  losesWork: false,
}
