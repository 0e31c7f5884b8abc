import type { JupyterFrontEnd } from '@jupyterlab/application'
import type { IEditorTracker } from '@jupyterlab/fileeditor'
import type { INotebookTracker } from '@jupyterlab/notebook'
import type { IStateDB } from '@jupyterlab/statedb'
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation'
import type { IEnvironments, IModelPages, IQueuePage, IRunPages, ISession, ISettings, ITablePages } from '../tokens.js'

/** What commands are given. */
export interface CommandContext {
  readonly app: JupyterFrontEnd
  readonly session: ISession
  readonly settings: ISettings
  readonly environments: IEnvironments
  readonly runPages: IRunPages
  readonly modelPages: IModelPages
  readonly queuePage: IQueuePage
  readonly tablePages: ITablePages
  readonly translator: ITranslator
  readonly trans: TranslationBundle
  readonly state: IStateDB
  readonly notebooks: INotebookTracker | null
  readonly editors: IEditorTracker | null
}
