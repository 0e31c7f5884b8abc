/** The thread in which the scheduling loop runs: see `loop-thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads'
import { createDataSource } from '../db/data-source.js'
import { createFoundation } from '../foundation.js'
import { createLog } from '../log.js'
import { createServices } from '../modules/index.js'
import { startTracing, wantsTracing } from '../plugins/tracing.js'
import { createSchedulingLoop } from '../scheduling/loop.js'
import type { PreviewQuestion } from '../scheduling/preview.js'
import type { FromThread, ThreadOptions, ToThread } from './loop-thread.js'

/** One reads, another writes, and a spare. */
const connections = 3

const port = parentPort
if (port === null) throw new Error('The scheduling loop was not started as a thread')
const say = (message: FromThread): void => port.postMessage(message)

const { config, databaseUrl } = workerData as ThreadOptions
const log = createLog(config, (line) => say({ type: 'log', line }))
const stopTracing = wantsTracing(process.env) ? await startTracing() : () => Promise.resolve()
const dataSource = createDataSource({ url: databaseUrl, log, poolSize: connections })
await dataSource.initialize()
const foundation = createFoundation({ config, dataSource, log })
const { lifecycle, nodes, policies, demand, runTimes, starts } = createServices(foundation).jobModules
foundation.hints.listen((projectId, hint) => say({ type: 'hint', projectId, hint }))
let term: number | null = null
const books = { policies, demand, runTimes, starts }
const loop = createSchedulingLoop({ ...foundation, ...books, lifecycle, nodes, term: () => term })

const stop = async (): Promise<void> => {
  await loop.stop()
  await dataSource.destroy()
  await stopTracing()
  process.exit(0)
}

const preview = async (id: number, question: PreviewQuestion): Promise<void> => {
  try {
    say({ type: 'previewed', id, preview: await loop.preview(question) })
  } catch (error) {
    say({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) })
  }
}

port.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'start':
      return loop.start()
    case 'wake':
      return loop.wake()
    case 'term':
      term = message.term
      return
    case 'settle':
      return void loop.settle().then(() => say({ type: 'settled', id: message.id }))
    case 'preview':
      return void preview(message.id, message.question)
    case 'stop':
      return void stop()
  }
})
