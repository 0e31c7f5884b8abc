import * as vscode from 'vscode'
import type { Documents, OpenDocument } from '../editor.js'
import { notebookJson } from './notebook-json.js'

/** What is open in the editor. */
export const documents: Documents = {
  active() {
    const notebook = vscode.window.activeNotebookEditor?.notebook
    if (notebook !== undefined && isNotebook(notebook)) return documentOfNotebook(notebook)
    const editor = vscode.window.activeTextEditor
    return editor !== undefined && editor.document.languageId === 'python' ? ofScript(editor.document, editor) : null
  },
  async open(path) {
    const uri = vscode.Uri.file(path)
    if (path.endsWith('.ipynb')) return documentOfNotebook(await vscode.workspace.openNotebookDocument(uri))
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.fsPath === uri.fsPath)
    return ofScript(editor?.document ?? (await vscode.workspace.openTextDocument(uri)), undefined)
  },
  interpreterOf: async (path) =>
    (await interpreterOfPythonExtension(path)) ??
    vscode.workspace
      .getConfiguration('python', vscode.Uri.file(path))
      .get<string>('defaultInterpreterPath')
      ?.replace(/^python3?$/, '') ??
    null,
}

const isNotebook = ({ notebookType }: vscode.NotebookDocument): boolean => notebookType === 'jupyter-notebook'

/** A notebook of VS Code as it is in the editor. */
export const documentOfNotebook = (notebook: vscode.NotebookDocument): OpenDocument => ({
  kind: 'notebook',
  path: notebook.isUntitled ? `${notebook.uri.path.replace(/\.ipynb$/, '')}.ipynb` : notebook.uri.fsPath,
  untitled: notebook.isUntitled,
  unsaved: notebook.isDirty || notebook.isUntitled,
  text: notebookJson(notebook),
  selection: null,
})

const ofScript = (document: vscode.TextDocument, editor: vscode.TextEditor | undefined): OpenDocument => {
  const name = document.uri.fsPath
  return {
    kind: 'script',
    path: document.isUntitled && !name.endsWith('.py') ? `${name}.py` : name,
    untitled: document.isUntitled,
    unsaved: document.isDirty || document.isUntitled,
    text: document.getText(),
    selection: editor === undefined ? null : selectionOf(editor),
  }
}

/** Whole lines; a selection within one line is someone marking a word, not a piece of program. */
const selectionOf = ({ document, selection }: vscode.TextEditor): OpenDocument['selection'] => {
  if (selection.isEmpty || selection.isSingleLine) return null
  const last = selection.end.character === 0 ? selection.end.line - 1 : selection.end.line
  const lines = new vscode.Range(selection.start.line, 0, last, document.lineAt(last).text.length)
  return { text: document.getText(lines), from: selection.start.line + 1, to: last + 1 }
}

/** The part of the Python extension's interface that is asked. It is never required. */
interface PythonExtension {
  readonly environments: {
    getActiveEnvironmentPath(resource: vscode.Uri): { readonly path: string }
    resolveEnvironment(
      environment: unknown,
    ): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>
  }
}

const interpreterOfPythonExtension = async (path: string): Promise<string | null> => {
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python')
  if (extension === undefined) return null
  const { environments } = await extension.activate()
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(vscode.Uri.file(path)))
  return resolved?.executable.uri?.fsPath ?? null
}
