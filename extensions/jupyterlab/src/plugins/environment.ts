import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IToolbarWidgetRegistry } from '@jupyterlab/apputils'
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook'
import { IStateDB } from '@jupyterlab/statedb'
import { ITranslator } from '@jupyterlab/translation'
import { createEnvironments } from '../models/environments.js'
import { textsOf } from '../texts.js'
import { IEnvironments } from '../tokens.js'
import { EnvironmentChip } from '../widgets/environment-chip.js'

/** Remembers the pin of each notebook, and shows in its toolbar whether the kernel still is what was pinned. */
export const environmentPlugin: JupyterFrontEndPlugin<IEnvironments> = {
  id: '@novabrain/jupyterlab:environment',
  description: 'The environment chip of notebooks.',
  autoStart: true,
  provides: IEnvironments,
  requires: [IStateDB, ITranslator],
  optional: [INotebookTracker, IToolbarWidgetRegistry],
  activate: (
    app: JupyterFrontEnd,
    state: IStateDB,
    translator: ITranslator,
    notebooks: INotebookTracker | null,
    toolbar: IToolbarWidgetRegistry | null,
  ): IEnvironments => {
    const panelAt = (path: string) => notebooks?.find((panel) => panel.context.path === path) ?? null
    const environments = createEnvironments(state, async (path) => {
      const panel = panelAt(path)
      if (panel === null) return null
      const { askEnvironment } = await import('../capture/ask-environment.js')
      return askEnvironment(panel)
    })
    const trans = textsOf(translator)
    toolbar?.addFactory<NotebookPanel>(
      'Notebook',
      'novabrain-environment',
      (panel) => new EnvironmentChip({ panel, environments, trans, commands: app.commands }),
    )
    notebooks?.widgetAdded.connect((_, panel) => checkWhenKernelStarts(panel, environments))
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const panel = notebooks?.find((candidate) => candidate.content === notebook)
      if (panel !== undefined && installs(cell.model.sharedModel.getSource()))
        void environments.check(panel.context.path)
    })
    return environments
  },
}

/** Only a notebook that was pinned is worth a question, and a kernel is asked once it has come to rest. */
const checkWhenKernelStarts = (panel: NotebookPanel, environments: IEnvironments): void => {
  let asked: string | null = null
  panel.sessionContext.statusChanged.connect((context, status) => {
    const kernelId = context.session?.kernel?.id ?? null
    if (status !== 'idle' || kernelId === asked || kernelId === null) return
    asked = kernelId
    setTimeout(() => {
      if (!panel.isDisposed && environments.lastPin(panel.context.path) !== null)
        void environments.check(panel.context.path)
    }, 1500)
  })
}

/** Whether a cell changes what is installed. */
const installs = (source: string): boolean =>
  /(^|\n)\s*[!%]?\s*(uv\s+)?(pip|conda|mamba|micromamba)\s+(un)?install|(^|\n)\s*[!%]\s*uv\s+(add|remove|sync)/.test(
    source,
  )
