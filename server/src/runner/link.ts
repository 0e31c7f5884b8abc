import { setTimeout as delay } from 'node:timers/promises'
import {
  createClient,
  NovaBrainError,
  type AttemptResult,
  type AttemptSpec,
  type Client,
  type Heartbeat,
  type HeartbeatReply,
  type KernelInbox,
  type KernelOutbox,
} from '@novabrain/contracts'
import type { RunnerConfig } from './config.js'
import { createHttpFetch } from './http-fetch.js'

/** The server holds this attempt to be over: nobody waits for its result any more. */
export class AttemptOverError extends Error {
  override readonly name = 'AttemptOverError'
}

/**
 * The runner's only way to the server. Every call is repeated with back-off until the server answers; what the server
 * refuses for good throws its `NovaBrainError`, and `AttemptOverError` when the attempt itself is over.
 */
export interface ServerLink {
  spec(signal: AbortSignal): Promise<AttemptSpec>
  blob(digest: string, signal: AbortSignal): Promise<Uint8Array>
  heartbeat(body: Heartbeat, signal: AbortSignal): Promise<HeartbeatReply>
  /** Returns how much of the log the server has. */
  appendLog(offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<number>
  putOutput(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  finish(result: AttemptResult, signal: AbortSignal): Promise<void>
  /** What waits for the kernel; the answer may be long in coming. */
  kernelInbox(from: { readonly line?: string; readonly after: number }, signal: AbortSignal): Promise<KernelInbox>
  kernelOutbox(body: KernelOutbox, signal: AbortSignal): Promise<void>
}

/** How long to wait for one answer. */
const patience = { shortMs: 10_000, longPollMs: 60_000, bytesMs: 120_000 }
const mostFaults = 10
const backOff = { firstMs: 100, mostMs: 5000 }

/** Make the link to the server of this configuration. */
export const createLink = (config: Pick<RunnerConfig, 'serverUrl' | 'attemptId' | 'token'>): ServerLink => {
  const client = clientOf(config)
  const params = { attemptId: config.attemptId }
  return {
    spec: (signal) => untilAnswered(signal, patience.shortMs, (s) => client.getAttemptSpec({ params, signal: s })),
    blob: (digest, signal) =>
      untilAnswered(signal, patience.bytesMs, (s) =>
        client.getAttemptBlob({ params: { ...params, digest }, signal: s }),
      ),
    heartbeat: (body, signal) =>
      untilAnswered(signal, patience.shortMs, (s) => client.heartbeat({ params, body, signal: s })),
    appendLog: async (offset, body, signal) => {
      const query = { offset }
      const call = (s: AbortSignal) => client.appendLog({ params, query, body, signal: s })
      return (await untilAnswered(signal, patience.bytesMs, call)).sizeBytes
    },
    putOutput: async (path, body, signal) => {
      const query = { path }
      const call = (s: AbortSignal) => client.putAttemptOutput({ params, query, body, signal: s })
      await untilAnswered(signal, patience.bytesMs, call, givingUpAfter(mostFaults))
    },
    finish: async (body, signal) => {
      await untilAnswered(signal, patience.shortMs, (s) => client.finishAttempt({ params, body, signal: s }))
    },
    kernelInbox: (query, signal) =>
      untilAnswered(signal, patience.longPollMs, (s) => client.receiveKernelInbox({ params, query, signal: s })),
    kernelOutbox: async (body, signal) => {
      await untilAnswered(signal, patience.bytesMs, (s) => client.sendKernelOutbox({ params, body, signal: s }))
    },
  }
}

const clientOf = ({ serverUrl, token }: Pick<RunnerConfig, 'serverUrl' | 'token'>): Client =>
  createClient({
    baseUrl: serverUrl,
    fetch: createHttpFetch(),
    headers: () => ({ authorization: `Bearer ${token}` }),
  })

const untilAnswered = async <T>(
  signal: AbortSignal,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<T>,
  isHopeless: (error: unknown) => boolean = () => false,
): Promise<T> => {
  for (let waitMs = backOff.firstMs; ; waitMs = Math.min(waitMs * 2, backOff.mostMs)) {
    signal.throwIfAborted()
    try {
      return await withDeadline(signal, timeoutMs, call)
    } catch (error) {
      if (isOver(error)) throw new AttemptOverError('The server holds this attempt to be over', { cause: error })
      if (isRefusal(error) || isHopeless(error)) throw error
    }
    await delay(waitMs * (0.75 + Math.random() / 2), undefined, { signal })
  }
}

/** `AbortSignal.any` would do, but on Node 20 each use stays in memory as long as the outer signal lives. */
const withDeadline = async <T>(
  outer: AbortSignal,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const inner = new AbortController()
  const abort = () => inner.abort()
  const timer = setTimeout(abort, timeoutMs)
  outer.addEventListener('abort', abort, { once: true })
  try {
    return await call(inner.signal)
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', abort)
  }
}

const isOver = (error: unknown): boolean =>
  error instanceof NovaBrainError &&
  (error.code === 'attempt_over' || error.code === 'attempt_token_invalid' || error.code === 'attempt_not_found')

/** An answer that a repeat would get again. */
const isRefusal = (error: unknown): boolean =>
  error instanceof NovaBrainError &&
  (error.code === 'disk_full' || (error.status >= 400 && error.status < 500 && error.status !== 429))

/** A fault of the server that comes again and again for one file must not keep the result back. */
const givingUpAfter = (most: number) => {
  let faults = 0
  return (error: unknown): boolean =>
    error instanceof NovaBrainError && error.code === 'internal_error' && (faults += 1) >= most
}
