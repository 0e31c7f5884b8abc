import { openRandom } from '../random.js'
import type { Costs, Trace, TraceJob } from '../engine/trace.js'
import { readCsv } from './csv.js'
import { equalNodes, openQueue, wholeDevices } from './nodes.js'

/** Bands of device-hours: the categories of Pollux (OSDI'21), small, medium, large and extra large. */
const deviceHours: Readonly<Record<string, readonly [number, number]>> = {
  cifar10: [0.1, 1],
  bert: [1, 10],
  deepspeech2: [1, 10],
  yolov3: [10, 100],
  imagenet: [100, 1000],
}

export interface SiaOptions {
  readonly seed: number
  /** Whether jobs make do with any number of devices a pod from 1 up to what they ask, or only with what they ask. */
  readonly elastic: boolean
  /** The part of a job that further devices do not make faster, as in Amdahl's law. */
  readonly serial: number
}

/** Eight nodes of eight devices, as many as Sia's cluster has in three kinds. */
export const siaCluster = { nodes: 8, devicesEach: 8 } as const

/** What beginning again costs whoever was interrupted. */
export const siaRestartMs = 60_000

/** Saving and beginning again takes a minute, told to stop or resized alike; nobody loses work. */
export const siaCosts: Costs = {
  startMs: (_, isRestart) => (isRestart ? siaRestartMs : 0),
  stopMs: () => 0,
  eventMs: () => 0,
  losesWork: false,
}

const hourMs = 3_600_000

/** Amdahl's law: how much faster than on one. */
const speedUp = (devices: number, serial: number): number => 1 / (serial + (1 - serial) / devices)

/**
 * The workloads of Sia (Jayaram Subramanya et al., SOSP'23; github.com/siasosp23/artifacts): arrivals, applications and the
 * devices that a tuned rigid job asks for are theirs. Their goodput models are not in the tables, so how long a job takes is
 * drawn from the band of its application, log-uniform, equally for rigid and elastic, and speed follows Amdahl's law.
 * Columns workload, job, submit_s, application, num_replicas. One trace for each workload.
 */
export const readSia = (text: string, name: string, { seed, elastic, serial }: SiaOptions): Trace[] => {
  const random = openRandom(seed)
  const workloads = new Map<string, TraceJob[]>()
  for (const row of readCsv(text, ['workload', 'job', 'submit_s', 'application', 'num_replicas'])) {
    const application = row.text('application')
    const [least, most] = deviceHours[application] ?? [1, 10]
    const asked = row.number('num_replicas')
    const request = wholeDevices(asked, siaCluster.devicesEach)
    const { gpuCount, replicas } = request
    const alone = speedUp(gpuCount * replicas, serial)
    const hours = least * Math.exp(random.next() * Math.log(most / least))
    const jobs = workloads.get(row.text('workload')) ?? []
    workloads.set(row.text('workload'), jobs)
    jobs.push({
      id: row.text('job'),
      submitMs: Math.round(row.number('submit_s') * 1000),
      request,
      runMs: Math.max(1, Math.round((hours * hourMs) / alone)),
      queueName: 'sia',
      owner: 'sia',
      priority: 200,
      keys: [application],
      ...(elastic
        ? {
            elastic: { minimumGpuCount: 1, maximumGpuCount: gpuCount },
            speedAt: (given: number) => speedUp(given * replicas, serial) / alone,
          }
        : {}),
    })
  }
  const nodes = equalNodes(siaCluster.nodes, siaCluster.devicesEach)
  return [...workloads].map(([workload, jobs]) => ({
    name: `${name} ${workload}`,
    nodes,
    queues: [openQueue('sia')],
    jobs,
  }))
}
