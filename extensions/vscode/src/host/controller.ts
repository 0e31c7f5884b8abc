import * as vscode from 'vscode'
import { cardError, sentences } from '@novabrain/contracts'
import type { App } from '../app.js'
import { createNotebookKernels, type NotebookKernel } from '../notebook/kernels.js'
import type { CodeSink } from '../notebook/kernel-channel.js'
import { documentOfNotebook } from './documents.js'
import { outputOf } from './notebook-outputs.js'

/** “NovaBrain GPU” in the list of kernels: cells run in a kernel that is a job on a GPU. */
export const createController = (app: App, controller: vscode.NotebookController): vscode.Disposable => {
  const kernels = createNotebookKernels(app)
  let counted = 0

  const runCell = async (kernel: NotebookKernel, cell: vscode.NotebookCell): Promise<boolean> => {
    const execution = controller.createNotebookCellExecution(cell)
    execution.start(Date.now())
    await execution.clearOutput()
    execution.token.onCancellationRequested(() => void kernel.interrupt())
    const end = await kernel.channel.execute(cell.document.getText(), sinkOf(execution))
    if (end === 'dead')
      await say(execution, new Error(app.editor.t('The kernel has ended. Run a cell to start another.')))
    execution.executionOrder ??= counted += 1
    execution.end(end === 'ok', Date.now())
    return end === 'ok'
  }
  const failAll = async (cells: readonly vscode.NotebookCell[], error: unknown) => {
    const { message, remedy } = cardError(error, app.editor.locale)
    for (const cell of cells.slice(0, 1)) {
      const execution = controller.createNotebookCellExecution(cell)
      execution.start(Date.now())
      await say(execution, new Error(sentences([message, remedy], app.editor.locale)))
      execution.end(false, Date.now())
    }
  }
  controller.executeHandler = async (cells, notebook) => {
    try {
      const kernel = await kernels.of(documentOfNotebook(notebook))
      for (const cell of cells) if (!(await runCell(kernel, cell))) return
    } catch (error) {
      await failAll(cells, error)
    }
  }
  controller.interruptHandler = async (notebook) => kernels.known(documentOfNotebook(notebook).path)?.interrupt()
  return { dispose: () => kernels.dispose() }
}

const say = (execution: vscode.NotebookCellExecution, error: Error): Thenable<void> =>
  execution.appendOutput(
    new vscode.NotebookCellOutput([
      vscode.NotebookCellOutputItem.error({ name: 'NovaBrain', message: error.message, stack: '' }),
    ]),
  )

/** Outputs in the order they come; a stream goes on in its output, since a line a message would be a box a line. */
const sinkOf = (execution: vscode.NotebookCellExecution): CodeSink => {
  const displays = new Map<string, vscode.NotebookCellOutput>()
  let stream: { readonly name: unknown; readonly output: vscode.NotebookCellOutput } | null = null
  let clearNext = false
  const clearIfAsked = () => {
    if (!clearNext) return
    clearNext = false
    stream = null
    void execution.clearOutput()
  }
  return {
    started: (count) => (execution.executionOrder = count),
    output(given, displayId) {
      clearIfAsked()
      const output = outputOf(given)
      if (given['output_type'] === 'stream' && stream !== null && stream.name === given['name'])
        return void execution.appendOutputItems(output.items, stream.output)
      stream = given['output_type'] === 'stream' ? { name: given['name'], output } : null
      if (displayId !== null) displays.set(displayId, output)
      void execution.appendOutput(output)
    },
    replaced(displayId, given) {
      const known = displays.get(displayId)
      if (known !== undefined) void execution.replaceOutputItems(outputOf(given).items, known)
    },
    cleared(wait) {
      if (wait) return void (clearNext = true)
      stream = null
      void execution.clearOutput()
    },
  }
}
