import * as vscode from 'vscode'
import type { Core } from './register.js'

/** The metrics of a cell's own run, in its status bar. */
export const cellStatusProvider = (
  core: () => Promise<Core>,
  loaded: vscode.Event<Core>,
): vscode.NotebookCellStatusBarItemProvider => {
  const changed = new vscode.EventEmitter<void>()
  loaded((made) => {
    made.onJobs(() => changed.fire())
  })
  return {
    onDidChangeCellStatusBarItems: changed.event,
    async provideCellStatusBarItems(cell) {
      if (cell.kind !== vscode.NotebookCellKind.Code) return []
      const cells = cell.notebook.getCells().map(({ document }) => document.getText())
      const words = await (await core()).cellMetrics(cell.notebook.uri.fsPath, cell.document.getText(), cells)
      if (words === null) return []
      const item = new vscode.NotebookCellStatusBarItem(words.text, vscode.NotebookCellStatusBarAlignment.Left)
      item.tooltip = words.hover
      item.command = { command: 'novabrain.openRun', title: '', arguments: [{ runId: words.runId }, 'metrics'] }
      return [item]
    },
  }
}
