import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils'
import { IEditorTracker } from '@jupyterlab/fileeditor'
import { INotebookTracker } from '@jupyterlab/notebook'
import { IStateDB } from '@jupyterlab/statedb'
import { ITranslator } from '@jupyterlab/translation'
import { CommandToolbarButton } from '@jupyterlab/ui-components'
import type { CommandRegistry } from '@lumino/commands'
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils'
import { commandIds } from '../commands/ids.js'
import { commandTable } from '../commands/table.js'
import { textsOf } from '../texts.js'
import { IEnvironments, IModelPages, IQueuePage, IRunPages, ISession, ISettings, ITablePages } from '../tokens.js'
import type { CommandContext } from '../commands/context.js'

/** Registers the commands. What they do is loaded when one is first used. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:commands',
  description: 'The commands of NovaBrain.',
  autoStart: true,
  requires: [
    ISession,
    ISettings,
    IEnvironments,
    IRunPages,
    IModelPages,
    IQueuePage,
    ITablePages,
    ITranslator,
    IStateDB,
  ],
  optional: [INotebookTracker, IEditorTracker, ICommandPalette, IToolbarWidgetRegistry],
  activate: (
    app: JupyterFrontEnd,
    session: ISession,
    settings: ISettings,
    environments: IEnvironments,
    runPages: IRunPages,
    modelPages: IModelPages,
    queuePage: IQueuePage,
    tablePages: ITablePages,
    translator: ITranslator,
    state: IStateDB,
    notebooks: INotebookTracker | null,
    editors: IEditorTracker | null,
    palette: ICommandPalette | null,
    toolbar: IToolbarWidgetRegistry | null,
  ) => {
    const trans = textsOf(translator)
    const context: CommandContext = {
      app,
      session,
      settings,
      environments,
      runPages,
      modelPages,
      queuePage,
      tablePages,
      translator,
      trans,
      state,
      notebooks,
      editors,
    }
    for (const [id, { palette: listed, ...command }] of Object.entries(commandTable(context))) {
      app.commands.addCommand(id, command)
      if (listed) palette?.addItem({ command: id, category: 'NovaBrain' })
    }
    // JupyterLab would show the icon alone; the one verb keeps its word.
    toolbar?.addFactory(
      'Notebook',
      'novabrain-run',
      () => new CommandToolbarButton({ commands: app.commands, id: commandIds.submit, label: trans.__('Run on GPU') }),
    )
    const refresh = () => app.commands.notifyCommandChanged()
    session.changed.connect(refresh)
    // A notebook cannot be submitted before it is read, which for a large one is well after its tab is in front.
    notebooks?.currentChanged.connect((_, panel) => {
      refresh()
      void panel?.context.ready.then(refresh, refresh)
    })
    // What is meant depends on what is in front: a script there, or the notebook behind it.
    app.shell.currentChanged?.connect(refresh)
  },
}

/** A command as it is registered, and whether the palette lists it: those that need an id from elsewhere are not. */
export type ListedCommand = CommandRegistry.ICommandOptions & { readonly palette: boolean }
export type Arguments = ReadonlyPartialJSONObject
