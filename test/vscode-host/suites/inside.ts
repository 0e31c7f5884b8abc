import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { documents } from '../../../extensions/vscode/src/host/documents.js'
import { notebookJson } from '../../../extensions/vscode/src/host/notebook-json.js'
import { outputsOf } from '../../../extensions/vscode/src/host/notebook-outputs.js'
import { taskOf } from '../../../extensions/vscode/src/host/task.js'
import { treeProvider } from '../../../extensions/vscode/src/host/tree.js'
import type { TreeRow } from '../../../extensions/vscode/src/views/tree.js'
import type { HostTests } from '../run.js'

interface Manifest {
  readonly contributes: {
    readonly languageModelTools: readonly { readonly name: string }[]
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>
  }
}

const manifest = (): Manifest => {
  const extension = vscode.extensions.getExtension<unknown>('novabrain.novabrain-vscode')
  assert.ok(extension, 'the extension is not installed')
  return extension.packageJSON as Manifest
}

const rows = (count: number): TreeRow[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `recent:${String(index)}`,
    label: `#${String(index)} train`,
    description: 'Succeeded · 2 min · 3 h ago',
    spoken: `Succeeded, #${String(index)} train`,
    hover: () => `**#${String(index)} train**`,
    icon: 'pass',
    iconColor: 'testing.iconPassed',
    kind: 'job script ended loose',
    subject: { jobId: String(index), runId: String(index) },
    command: { id: 'novabrain.openRun', arguments: [{ runId: String(index) }] },
  }))

/** The files of this extension's own code, on the API of the editor itself. */
export const tests: HostTests = {
  'the views of the manifest can be brought to the front': async () => {
    const known = new Set(await vscode.commands.getCommands(true))
    const ids = Object.values(manifest().contributes.views)
      .flat()
      .map(({ id }) => `${id}.focus`)
    assert.deepEqual(
      ids.filter((id) => !known.has(id)),
      [],
    )
  },

  'the editor knows the tools of the manifest': () => {
    const known = vscode.lm.tools.map(({ name }) => name)
    const missing = manifest().contributes.languageModelTools.filter(({ name }) => !known.includes(name))
    assert.deepEqual(missing, [])
  },

  'a task of tasks.json becomes one that the editor can run': async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? []
    assert.ok(folder, 'no folder is open')
    const asked: string[] = []
    const written = new vscode.EventEmitter<string>()
    const done = new vscode.EventEmitter<number | void>()
    const task = taskOf({ type: 'novabrain', file: 'train.py' }, folder, async (definition, where) => {
      asked.push(`${String(definition['file'])} in ${where}`)
      return { onDidWrite: written.event, onDidClose: done.event, open: () => done.fire(3), close: () => undefined }
    })
    assert.equal(task.source, 'novabrain')
    const ended = new Promise<number | undefined>((resolve) => {
      const listener = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== task.name) return
        listener.dispose()
        resolve(exitCode)
      })
    })
    await vscode.tasks.executeTask(task)
    assert.equal(await ended, 3)
    assert.deepEqual(asked, [`train.py in ${folder.uri.fsPath}`])
  },

  'a tree of 10,000 runs is given to the editor in less than 200 ms': async () => {
    const children = rows(10_000)
    const group: TreeRow = { id: 'recent', label: 'Recent', open: 'expanded', kind: 'group', children }
    const provider = treeProvider({ rows: () => [group] })
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const startMs = performance.now()
      const [top] = (await provider.getChildren()) ?? []
      assert.ok(top)
      const items = ((await provider.getChildren(top)) ?? []).map((row) => provider.getTreeItem(row))
      times.push(performance.now() - startMs)
      assert.equal(items.length, 10_000)
    }
    const median = times.sort((a, b) => a - b)[2] ?? Number.NaN
    assert.ok(median < 200, `took ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  },

  'a row is drawn with its icon, its words and what a screen reader says': async () => {
    const [row] = rows(1)
    assert.ok(row)
    const provider = treeProvider({ rows: () => [{ ...row, stale: true }] })
    const [place] = (await provider.getChildren()) ?? []
    assert.ok(place)
    const item = await provider.getTreeItem(place)
    assert.equal(item.accessibilityInformation?.label, 'Succeeded, #0 train')
    assert.equal(item.contextValue, 'job script ended loose')
    assert.equal(item.collapsibleState, vscode.TreeItemCollapsibleState.None)
    assert.equal(item.resourceUri?.scheme, 'novabrain-stale')
  },

  'a row stays the same to the editor while what it shows changes, and only what changed is drawn': async () => {
    let shown = rows(3)
    const provider = treeProvider({ rows: () => shown })
    const told: unknown[] = []
    provider.onDidChangeTreeData?.((what) => told.push(what))
    const before = (await provider.getChildren()) ?? []
    shown = shown.map((row, index) => (index === 1 ? { ...row, description: 'Failed' } : row))
    provider.look()
    provider.look()
    assert.deepEqual(told, [[before[1]]])
    assert.equal((await provider.getTreeItem(before[1] ?? assert.fail())).description, 'Failed')
    shown = shown.slice(1)
    provider.look()
    assert.deepEqual(told[1], undefined)
    assert.equal(((await provider.getChildren()) ?? [])[0], before[1])
    provider.dispose()
  },

  'a notebook with edits that are not saved runs as it is in the editor': async () => {
    const cells = [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'print("saved")', 'python')]
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData(cells))
    await vscode.window.showNotebookDocument(notebook)
    const edit = new vscode.WorkspaceEdit()
    const text = new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, '# Words', 'markdown')
    edit.replace(notebook.cellAt(0).document.uri, new vscode.Range(0, 0, 0, 14), 'print("edited")')
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(1, [text])])
    assert.equal(await vscode.workspace.applyEdit(edit), true)
    const json = JSON.parse(notebookJson(notebook)) as {
      nbformat: number
      metadata: { kernelspec: { language: string } }
      cells: { cell_type: string; id: string; source: string; outputs?: unknown[] }[]
    }
    assert.equal(json.nbformat, 4)
    assert.equal(json.metadata.kernelspec.language, 'python')
    assert.deepEqual(
      json.cells.map(({ cell_type, source }) => [cell_type, source]),
      [
        ['code', 'print("edited")'],
        ['markdown', '# Words'],
      ],
    )
    assert.equal(new Set(json.cells.map(({ id }) => id)).size, 2)
    const open = documents.active()
    assert.equal(open?.kind, 'notebook')
    assert.equal(open.unsaved, true)
    assert.equal(open.text, notebookJson(notebook))
  },

  'a script with edits that are not saved and a selection gives both': async () => {
    const content = 'a = 1\nb = 2\nc = 3\n'
    const document = await vscode.workspace.openTextDocument({ language: 'python', content })
    const editor = await vscode.window.showTextDocument(document)
    editor.selection = new vscode.Selection(0, 2, 2, 0)
    const open = documents.active()
    assert.equal(open?.kind, 'script')
    assert.deepEqual(open.selection, { text: 'a = 1\nb = 2', from: 1, to: 2 })
    assert.equal(open.text, content)
    assert.equal(open.untitled, true)
    assert.ok(open.path.endsWith('.py'))
  },

  'outputs of a notebook file become the editor’s, with every representation': () => {
    const outputs = outputsOf([
      { output_type: 'stream', name: 'stderr', text: ['warn', 'ing'] },
      { output_type: 'display_data', data: { 'text/plain': '1', 'image/png': 'aGk=' }, metadata: {} },
      { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: ['line'] },
    ])
    assert.deepEqual(
      outputs.map(({ items }) => items.map(({ mime }) => mime)),
      [['application/vnd.code.notebook.stderr'], ['text/plain', 'image/png'], ['application/vnd.code.notebook.error']],
    )
    assert.equal(new TextDecoder().decode(outputs[0]?.items[0]?.data), 'warning')
    assert.equal(new TextDecoder().decode(outputs[1]?.items[1]?.data), 'hi')
  },
}
