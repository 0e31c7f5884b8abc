import { dirname, join } from 'node:path'
import type { Task } from '@novabrain/contracts'

/** A program with its arguments, and the folder it starts in. */
export interface TaskCommand {
  readonly file: string
  readonly arguments: readonly string[]
  readonly cwd: string
}

/** What a notebook or a kernel is run with. */
export interface NotebookTools {
  readonly python: string
  readonly driver: string
  readonly plan: string
}

/**
 * The command of a task. Scripts start in the root of the code, as from a terminal in the project, by their kind: Python,
 * shell, or a program of their own; notebooks and kernels start beside the notebook, as in Jupyter.
 */
export const taskCommand = (task: Task, codeDir: string, python: string, tools: NotebookTools | null): TaskCommand => {
  const path = join(codeDir, task.path)
  if (task.kind !== 'script') {
    if (tools === null) throw new Error('A notebook or a kernel needs its tools')
    return { file: tools.python, arguments: ['-I', tools.driver, tools.plan], cwd: dirname(path) }
  }
  const started = (file: string, ...before: string[]) => ({
    file,
    arguments: [...before, ...task.arguments],
    cwd: codeDir,
  })
  if (/\.(ba)?sh$/.test(task.path)) return started('bash', path)
  return /\.pyw?$/.test(task.path) || !task.path.includes('.') ? started(python, path) : started(path)
}
