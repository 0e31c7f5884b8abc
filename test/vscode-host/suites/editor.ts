import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { HostTests } from '../run.js'

/** What the extension builds on without another extension: true of the editor itself, and of no double of it. */
export const tests: HostTests = {
  'the editor is the version whose API the extension asks for': () => {
    const [major = 0, minor = 0] = vscode.version.split('.').map(Number)
    assert.ok(major > 1 || (major === 1 && minor >= 101), vscode.version)
  },
  'a notebook of cells is opened by the editor alone': async () => {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'print(1)', 'python')
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([cell]))
    await vscode.window.showNotebookDocument(notebook)
    assert.equal(vscode.window.activeNotebookEditor?.notebook.uri.toString(), notebook.uri.toString())
    assert.equal(notebook.cellAt(0).document.getText(), 'print(1)')
  },
  'a file of the folder is read through the editor': async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? []
    assert.ok(folder, 'no folder is open')
    const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, 'train.py'))
    assert.equal(document.languageId, 'python')
  },
}
