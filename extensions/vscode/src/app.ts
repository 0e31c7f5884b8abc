import type { Job, Outbox } from '@novabrain/contracts'
import type { Editor } from './editor.js'
import type { Lacks } from './lacks.js'
import type { Platform } from './platform/platform.js'
import type { Live, Session } from './session.js'
import type { Panels } from './views/panels.js'

/** What every command and view is given. */
export interface App {
  readonly editor: Editor
  readonly platform: Platform
  readonly session: Session
  readonly panels: Panels
  readonly logs: Logs
  readonly notebooks: Notebooks
  readonly outbox: Outbox
  readonly lacks: Lacks
}

/** Opens logs in terminals that follow; one terminal a job. */
export interface Logs {
  open(live: Live, job: Job): void
}

/** Notebooks that are open. */
export interface Notebooks {
  /** The one with this file name, the one in front first; `null` when none is open. */
  named(name: string): OpenNotebook | null
}

export interface OpenNotebook {
  readonly path: string
  /** Its cells, by the ids of the file. */
  cells(): readonly { readonly id: string; readonly type: string; readonly source: string }[]
  /** Put outputs of the file format into cells, in one edit that can be undone. */
  write(
    outputs: readonly {
      readonly index: number
      readonly outputs: readonly unknown[]
      readonly executionCount: number | null
    }[],
  ): Promise<void>
}
