import type { Context } from '../command.js'
import { asNovaBrainError } from './api.js'

/** What a shell expects of a program that was ended by Ctrl-C. */
const interruptedCode = 130

/** Do something long that Ctrl-C ends cleanly: what is under way is put away, and the user is told how to go on. */
export const untilInterrupted = async (
  { output, texts }: Context,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    return await work(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw asNovaBrainError(error)
    output.error(texts.history.interrupted)
    return interruptedCode
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
