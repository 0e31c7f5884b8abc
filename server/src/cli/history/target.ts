import {
  isErrorCode,
  NovaBrainError,
  pathOf,
  routes,
  type AddImportedPoints,
  type ErrorBody,
  type Import,
  type ImportedArtifactQuery,
  type ImportedTrace,
  type MarkedTrace,
  UnreachableError,
} from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { Session } from '../command.js'
import { upload } from './upload.js'

/** How long a server of ours that restarts is waited for, in steps. */
const pausesMs = [300, 1000, 3000, 8000, 15_000, 30_000]

export type ImportTarget = ReturnType<typeof createTarget>

/** Our side of an import. Every step may be repeated, so one that got no answer is. */
export const createTarget = (session: Session, of: Import, signal: AbortSignal) => {
  const { client } = session
  const params = { projectId: of.projectId, importId: of.id }
  const again = <T>(work: () => Promise<T>) => whenAway(work, signal)
  return {
    of,
    experiments: (body: Parameters<typeof client.putImportedExperiments>[0]['body']) =>
      again(async () => (await client.putImportedExperiments({ params, body, signal })).items),
    knownRuns: (ids: readonly string[]) =>
      again(async () => (await client.findImportedRuns({ params, body: { ids: [...ids] }, signal })).items),
    runs: (body: Parameters<typeof client.putImportedRuns>[0]['body']) =>
      again(async () => (await client.putImportedRuns({ params, body, signal })).taken),
    points: (series: AddImportedPoints['series']) =>
      again(() => client.addImportedPoints({ params, body: { series }, signal })),
    loggedModels: (body: Parameters<typeof client.putImportedLoggedModels>[0]['body']) =>
      again(async () => (await client.putImportedLoggedModels({ params, body, signal })).taken),
    registeredModel: (body: Parameters<typeof client.putImportedRegisteredModel>[0]['body']) =>
      again(() => client.putImportedRegisteredModel({ params, body, signal })),
    knownFiles: (ownerIds: readonly string[]) =>
      again(
        async () => (await client.findImportedArtifacts({ params, body: { ownerIds: [...ownerIds] }, signal })).items,
      ),
    knownTraces: (ids: readonly string[]) =>
      again(async () => (await client.findImportedTraces({ params, body: { ids: [...ids] }, signal })).items),
    traces: (items: ImportedTrace[]) =>
      again(async () => (await client.putImportedTraces({ params, body: { items }, signal })).taken),
    noteTraces: (items: MarkedTrace[]) => again(() => client.noteImportedTraces({ params, body: { items }, signal })),
    verify: (items: Parameters<typeof client.verifyImportedRuns>[0]['body']['items']) =>
      again(async () => (await client.verifyImportedRuns({ params, body: { items }, signal })).items),
    finish: (body: Parameters<typeof client.finishImport>[0]['body']) =>
      again(() => client.finishImport({ params, body, signal })),
    /** Send a file as it is read; the typed client would hold it whole. */
    artifact: (query: ImportedArtifactQuery, body: Readable) => sendArtifact(session, params, query, body, signal),
  }
}

const sendArtifact = async (
  session: Session,
  params: { projectId: string; importId: string },
  query: ImportedArtifactQuery,
  body: Readable,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly sizeBytes: number }> => {
  const route = routes.putImportedArtifact
  const address = session.url.replace(/\/$/, '') + pathOf(route, params, query)
  const headers = { authorization: `Bearer ${session.token}`, 'content-type': 'application/octet-stream' }
  const answer = await upload(address, { method: route.method, headers, body, signal }).catch((cause: unknown) => {
    throw body.errored ?? new UnreachableError(`No answer from ${session.url}`, { cause })
  })
  if (answer.status === 200) return JSON.parse(answer.text) as { digest: string; sizeBytes: number }
  throw refusalOf(answer.text, answer.status)
}

const refusalOf = (text: string, status: number): Error => {
  try {
    const body = JSON.parse(text) as ErrorBody
    if (isErrorCode(body.code)) return new NovaBrainError(body.code, body.data, { body })
  } catch {
    // Not one of ours; said below.
  }
  return new UnreachableError(`Answer ${String(status)} is not one of NovaBrain's`)
}

/** Work again while nobody answers. */
export const whenAway = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let round = 0; ; round += 1) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      const pauseMs = pausesMs[round]
      const passes =
        error instanceof UnreachableError ||
        (error instanceof NovaBrainError &&
          ['database_unavailable', 'too_many_requests', 'not_ready'].includes(error.code))
      if (!passes || pauseMs === undefined) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
