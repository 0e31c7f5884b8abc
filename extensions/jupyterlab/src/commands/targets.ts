import type { IDocumentWidget } from '@jupyterlab/docregistry'
import type { FileEditor } from '@jupyterlab/fileeditor'
import type { NotebookPanel } from '@jupyterlab/notebook'
import type { CommandContext } from './context.js'

/** The notebook of a command: the one named, else the one in front. */
export const notebookOf = ({ notebooks }: CommandContext, path?: unknown): NotebookPanel | null => {
  if (typeof path !== 'string') return notebooks?.currentWidget ?? null
  return notebooks?.find((panel) => panel.context.path === path) ?? null
}

/** The script of a command: the one named, else the one in front. Only Python is one. */
export const scriptOf = ({ editors, app }: CommandContext, path?: unknown): IDocumentWidget<FileEditor> | null => {
  if (editors === null) return null
  const named = (widget: IDocumentWidget<FileEditor>) => widget.context.path === path
  const front = editors.currentWidget === app.shell.currentWidget ? editors.currentWidget : null
  const found = typeof path === 'string' ? (editors.find(named) ?? null) : front
  return found?.context.path.endsWith('.py') === true ? found : null
}

/**
 * The notebook to submit. While a file is edited in front, a notebook behind it is not meant; and one that JupyterLab is
 * still reading, or could not read, stands as an empty page, which is not what anybody wants to run.
 */
export const notebookToSubmit = (context: CommandContext, path?: unknown): NotebookPanel | null => {
  const { editors, app } = context
  const editing =
    editors !== null && editors.currentWidget !== null && editors.currentWidget === app.shell.currentWidget
  const panel = editing && typeof path !== 'string' ? null : notebookOf(context, path)
  return panel?.context.isReady === true ? panel : null
}
