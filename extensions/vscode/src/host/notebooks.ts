import * as vscode from 'vscode'
import type { Notebooks, OpenNotebook } from '../app.js'
import { cellId } from './notebook-json.js'
import { outputsOf } from './notebook-outputs.js'

/** Notebooks that are open in this window. */
export const notebooks: Notebooks = {
  named(name) {
    const wanted = name.split('/').at(-1)
    const fits = (notebook: vscode.NotebookDocument) => notebook.uri.path.split('/').at(-1) === wanted
    const front = vscode.window.activeNotebookEditor?.notebook
    const found = front !== undefined && fits(front) ? front : vscode.workspace.notebookDocuments.find(fits)
    return found === undefined ? null : openNotebook(found)
  },
}

const openNotebook = (notebook: vscode.NotebookDocument): OpenNotebook => ({
  path: notebook.uri.fsPath,
  cells: () =>
    notebook.getCells().map((cell) => ({
      id: cellId(cell),
      type: cell.kind === vscode.NotebookCellKind.Code ? 'code' : 'markdown',
      source: cell.document.getText(),
    })),
  async write(outputs) {
    const edit = new vscode.WorkspaceEdit()
    const changes = outputs.map(({ index, outputs: given, executionCount }) => {
      const cell = notebook.cellAt(index)
      const data = new vscode.NotebookCellData(cell.kind, cell.document.getText(), cell.document.languageId)
      data.metadata = { ...cell.metadata }
      data.outputs = outputsOf(given)
      data.executionSummary = executionCount === null ? {} : { executionOrder: executionCount, success: true }
      return vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(index, index + 1), [data])
    })
    edit.set(notebook.uri, changes)
    await vscode.workspace.applyEdit(edit)
  },
})
