import { equalNodes, openQueue, wholeDevices, type Trace, type TraceJob } from '@novabrain/scheduler/simulator'

/** A job that comes at a second, runs for so many and wants so many devices. */
export const aTraceJob = (id: string, atS: number, runS: number, devices = 1): TraceJob => ({
  id,
  submitMs: atS * 1000,
  request: wholeDevices(devices, 4),
  runMs: runS * 1000,
  queueName: 'main',
  owner: 'ann',
  priority: 200,
  keys: [`${devices} GPUs`],
})

/** A few jobs on nodes of four devices. */
export const aTrace = (jobs: readonly TraceJob[], nodes = 1): Trace => ({
  name: 'example',
  nodes: equalNodes(nodes, 4),
  queues: [openQueue('main')],
  jobs,
})
