import type { SchedulingHistory } from '@novabrain/contracts'
import type { OracleMaker } from '../engine/core-policy.js'
import { aheadOf } from '../../prediction/outlived.js'
import { openRecorder } from '../engine/over-time.js'
import type { SimResult } from '../engine/result.js'
import { widthOf, type Costs, type Trace } from '../engine/trace.js'

/**
 * The past of a server as a trace: the machines it has now, and the jobs of a window. How fast elastic jobs are with more
 * devices nobody told; they are taken to be as much faster.
 */
export const historyTrace = ({ name, nodes, queues, jobs }: SchedulingHistory): Trace => ({
  name,
  nodes,
  queues,
  jobs: jobs.map((job) =>
    job.elastic === undefined ? job : { ...job, speedAt: (gpuCount) => gpuCount / job.request.gpuCount },
  ),
})

/** Believes what the server had predicted when each job came, half more when outlived. */
export const recorded =
  ({ jobs }: SchedulingHistory): OracleMaker =>
  () => {
    const predicted = new Map(jobs.map((job) => [job.id, job.predictedRunMs]))
    return {
      predict({ id }, attainedMs) {
        const wholeMs = predicted.get(id) ?? null
        return wholeMs === null ? null : { likelyMs: aheadOf(wholeMs, attainedMs) - attainedMs, cautiousMs: null }
      },
      learns: false,
      ended: () => undefined,
    }
  }

/**
 * A job that is interrupted begins anew, unless it is elastic, and has five seconds to stop: what the server does with one
 * that saves nothing.
 */
export const serverCosts: Costs = { startMs: () => 0, stopMs: () => 5000, eventMs: () => 0, losesWork: true }

/** What really became of the jobs, to stand beside what a policy would have made of them; those still under way have no end. */
export const asItWas = (name: string, { jobs, nodes, ...history }: SchedulingHistory): SimResult => {
  const recorder = openRecorder(0)
  const changes = jobs.flatMap((job) => {
    const [width, { submitMs, firstStartMs, endMs }] = [widthOf(job), job]
    return [
      { atMs: Math.max(0, submitMs), devices: 0, queued: 1 },
      ...(firstStartMs === null ? [] : [{ atMs: Math.max(0, firstStartMs), devices: width, queued: -1 }]),
      ...(firstStartMs === null || endMs === null ? [] : [{ atMs: Math.max(0, endMs), devices: -width, queued: 0 }]),
    ]
  })
  let [devices, queued] = [0, 0]
  for (const change of changes.sort((left, right) => left.atMs - right.atMs)) {
    devices += change.devices
    queued += change.queued
    recorder.change(change.atMs, devices, queued)
  }
  return {
    trace: history.name,
    policy: name,
    devicesInAll: nodes.flatMap((node) => node.devices.filter(({ kind }) => kind === 'gpu')).length,
    jobs: jobs.map((job) => ({
      id: job.id,
      width: widthOf(job),
      submitMs: job.submitMs,
      firstStartMs: job.firstStartMs,
      endMs: job.endMs,
      runMs: job.runMs,
      preemptions: job.preemptions,
      resizes: 0,
      deviceMs: job.runMs * widthOf(job),
    })),
    overTime: recorder.end(changes.at(-1)?.atMs ?? 0),
    instants: 0,
    cycles: 0,
    stopped: false,
  }
}
