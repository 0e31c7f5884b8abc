import type { NotebookParameter } from '../capture/notebook.js'
import type { CaptureHost } from '../capture/workspace.js'
import type { Task } from '../schema/job.js'

/** What is about to run, as it is in the editor at this moment. */
export interface Source {
  readonly kind: 'notebook' | 'script'
  /** Its path in the editor, by which NovaBrain remembers things about it. */
  readonly path: string
  /** Its name in the snapshot: the folder it lies in goes along. */
  readonly entrypoint: string
  readonly unsaved: boolean
  readonly text: string
  readonly code: readonly string[]
  readonly words: readonly string[]
  readonly parameters: readonly NotebookParameter[]
  /** The interpreter to ask; opened when first needed. */
  readonly host: CaptureHost
  /** Close what was opened for this source alone. */
  dispose(): void
}

/** The task of a source with the values that the user chose. */
export const taskOf = (
  source: Pick<Source, 'kind' | 'entrypoint'>,
  parameters: Readonly<Record<string, unknown>>,
  args: readonly string[],
): Task =>
  source.kind === 'notebook'
    ? { kind: 'notebook', path: source.entrypoint, parameters: { ...parameters } }
    : { kind: 'script', path: source.entrypoint, arguments: [...args] }
