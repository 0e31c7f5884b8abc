import type { Context } from '../command.js'
import { createProgress, type Progress } from './progress.js'

/** The progress of a command, on its standard error. */
export const progressOf = ({ texts }: Context): Progress => {
  const { runs, points, files, traces, left } = texts.history
  return createProgress({
    live: process.stderr.isTTY,
    columns: () => process.stderr.columns,
    write: (text) => void process.stderr.write(text),
    nowMs: () => Date.now(),
    words: { runs, points, files, traces, left },
  })
}
