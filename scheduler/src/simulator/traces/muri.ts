import type { Costs, Trace, TraceJob } from '../engine/trace.js'
import { readCsv } from './csv.js'
import { equalNodes, openQueue, wholeDevices } from './nodes.js'

/** A job of Muri's traces, in its own measures. */
export interface MuriJob {
  readonly id: string
  readonly submitS: number
  readonly gpus: number
  readonly model: string
  readonly iterations: number
  /** One iteration alone, with the 1.5 % that its authors measured on top of the profile. */
  readonly iterationS: number
  /** Reading and preparing, computing, exchanging: the stages of an iteration alone, as profiled. */
  readonly stagesS: readonly [number, number, number]
}

/** Eight nodes of eight devices. */
export const muriCluster = { nodes: 8, devicesEach: 8 } as const

const profileExcess = 1.015

/**
 * Reads a trace of Muri (Zhao et al., SIGCOMM'22; github.com/Rivendile/Muri): arrivals, widths and lengths are of Philly,
 * models were drawn at random by its authors. Columns job_id, submit_s, num_gpus, model, iterations, iter_ms, res0_ms, res1_ms, res2_ms.
 */
export const readMuri = (text: string): MuriJob[] =>
  readCsv(text, [
    'job_id',
    'submit_s',
    'num_gpus',
    'model',
    'iterations',
    'iter_ms',
    'res0_ms',
    'res1_ms',
    'res2_ms',
  ]).map((row) => ({
    id: row.text('job_id'),
    submitS: row.number('submit_s'),
    gpus: row.number('num_gpus'),
    model: row.text('model'),
    iterations: row.number('iterations'),
    iterationS: (row.number('iter_ms') * profileExcess) / 1000,
    stagesS: [row.number('res0_ms') / 1000, row.number('res1_ms') / 1000, row.number('res2_ms') / 1000],
  }))

const widths = [1, 2, 4, 8, 16, 32]

/** Measured seconds to start a model on 1, 2, 4, 8, 16 and 32 devices (facts from Muri's simulator). */
const startS: Readonly<Record<string, readonly number[]>> = {
  vgg16: [7, 7, 8, 9, 9, 10],
  vgg19: [7, 7, 8, 9, 10, 10],
  resnet18: [4, 5, 5, 7, 7, 7],
  shufflenet_v2_x1_0: [4, 4, 5, 5, 7, 8],
  bert: [10, 10, 10, 10, 10, 10],
  gpt2: [10, 10, 10, 10, 10, 10],
  a2c: [38, 39, 39, 46, 46, 46],
  dqn: [5, 5, 6, 6, 8, 8],
}
const unknownStartS = 10

/** Seconds that a job takes to start, by its model and width. */
export const muriStartS = ({ model, gpus }: Pick<MuriJob, 'model' | 'gpus'>): number =>
  startS[model]?.[widths.indexOf(gpus)] ?? unknownStartS

/** The jobs as the engine takes them, to the millisecond. A server would know of a job its width and its model. */
export const muriTrace = (name: string, jobs: readonly MuriJob[]): Trace => ({
  name,
  nodes: equalNodes(muriCluster.nodes, muriCluster.devicesEach),
  queues: [openQueue('muri')],
  jobs: jobs.map((job) => ({
    id: job.id,
    submitMs: Math.round(job.submitS * 1000),
    request: wholeDevices(job.gpus, muriCluster.devicesEach),
    runMs: Math.max(1, Math.round(job.iterations * job.iterationS * 1000)),
    queueName: 'muri',
    owner: 'muri',
    priority: 200,
    keys: [`${job.gpus} GPUs`],
  })),
})

/**
 * What starting costs, by the models of the jobs: at each start, or (`atEachEvent`) taken from everybody who runs whenever
 * anything arrives or ends, as Muri's simulator has it.
 */
export const muriCosts = (jobs: readonly MuriJob[], atEachEvent: boolean): Costs => {
  const byId = new Map(jobs.map((job) => [job.id, muriStartS(job) * 1000]))
  const costMs = ({ id }: TraceJob): number => byId.get(id) ?? unknownStartS * 1000
  return {
    startMs: (job) => (atEachEvent ? 0 : costMs(job)),
    stopMs: () => 0,
    eventMs: (job) => (atEachEvent ? costMs(job) : 0),
    losesWork: false,
  }
}
