import { couldEverRun, type JobRequest, type SchedNode } from '@novabrain/scheduler'
import { prepared } from '../db/prepared.js'
import type { Tx } from '../deps.js'
import { readNodes } from './cluster.js'

type Feasible = ReturnType<typeof couldEverRun>

/** The nodes as of one version of the cluster, and which requests they could ever serve. */
export interface KnownNodes {
  readonly gpuCount: number
  couldEverRun(request: JobRequest): Feasible
}

/** Where submissions read the nodes: again only when the version of the cluster is another. */
export interface NodeBook {
  read(tx: Tx): Promise<KnownNodes>
}

const currentVersion = prepared('SELECT version FROM cluster_version')
/** Requests are few and asked again and again; who sends others each time is answered too. */
const mostRequests = 1000

const countGpus = (nodes: readonly SchedNode[]): number =>
  nodes.filter(({ schedulable }) => schedulable).flatMap(({ devices }) => devices.filter(({ kind }) => kind === 'gpu'))
    .length

const knownNodes = (nodes: readonly SchedNode[]): KnownNodes => {
  const answers = new Map<string, Feasible>()
  return {
    gpuCount: countGpus(nodes),
    couldEverRun(request) {
      const key = JSON.stringify(request)
      const answer = answers.get(key) ?? couldEverRun(nodes, request)
      if (answers.size >= mostRequests) answers.clear()
      answers.set(key, answer)
      return answer
    },
  }
}

/** Opens a book that has read nothing yet. */
export const createNodeBook = (): NodeBook => {
  let known: { readonly version: number; readonly nodes: KnownNodes } | null = null
  return {
    async read(tx) {
      const rows: { version: number }[] = await tx.query(currentVersion, [])
      const version = rows[0]?.version ?? 0
      // Read after the version, so never older than it.
      if (known?.version !== version) known = { version, nodes: knownNodes(await readNodes(tx)) }
      return known.nodes
    },
  }
}
