import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { AttemptSpec } from '@novabrain/contracts'
import { replaceFile } from './files.js'
import type { ServerLink } from './link.js'
import { keepFile } from './outputs.js'
import type { NotebookReport } from './verdict.js'

/** A notebook about to be run by the driver: where its plan is, and where it tells what became of it. */
export interface NotebookRun {
  readonly planPath: string
  readonly reportPath: string
  readonly outputPath: string
  /** The name under which the executed notebook is kept. */
  readonly artifact: string
}

const lookEveryMs = 300

/** Write the plan for the driver. */
export const planNotebook = async (
  spec: AttemptSpec,
  codeDir: string,
  spoolDir: string,
  python: string,
): Promise<NotebookRun | null> => {
  if (spec.task.kind !== 'notebook') return null
  const run = {
    planPath: join(spoolDir, 'notebook-plan.json'),
    reportPath: join(spoolDir, 'notebook-report.json'),
    outputPath: join(spoolDir, 'executed.ipynb'),
    artifact: `outputs/${basename(spec.task.path)}`,
  }
  const plan = {
    notebook: join(codeDir, spec.task.path),
    output: run.outputPath,
    report: run.reportPath,
    python,
    kernels: join(spoolDir, 'jupyter'),
    parameters: spec.task.parameters,
  }
  await replaceFile(run.planPath, JSON.stringify(plan))
  return run
}

/** What a driver has told last, or `null`. It replaces the file as a whole, so a half one is never read. */
export const readReport = async (run: Pick<NotebookRun, 'reportPath'> | null): Promise<NotebookReport | null> => {
  const text = run === null ? null : await readFile(run.reportPath, 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as NotebookReport)
}

/** Follows a notebook while it runs: keeps it after each cell and tells how far it is. */
export interface NotebookFollower {
  /** Keep its last form; resolves when the server has it. */
  finish(): Promise<void>
}

/** Look for a new form of the executed notebook until `finish`. */
export const followNotebook = (
  run: NotebookRun,
  link: ServerLink,
  onProgress: (report: NotebookReport) => void,
  tell: (line: string) => void,
  signal: AbortSignal,
): NotebookFollower => {
  let kept = ''
  let finished = false
  let wake: () => void = () => undefined

  const keep = async () => {
    const form = await stat(run.outputPath).then(
      ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
      () => '',
    )
    if (form === '' || form === kept) return
    await keepFile(link, run.artifact, run.outputPath, tell, signal)
    kept = form
  }
  const loop = async () => {
    while (!finished && !signal.aborted) {
      await keep()
      const report = await readReport(run)
      if (report !== null) onProgress(report)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const following = loop().catch(() => undefined)
  return {
    finish: async () => {
      finished = true
      wake()
      await following
      await keep()
    },
  }
}
