import * as vscode from 'vscode'

/** A notebook of VS Code as its file would be, without outputs: what runs is the code. */
export const notebookJson = (notebook: vscode.NotebookDocument): string =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: metadataOf(notebook),
    cells: notebook.getCells().map(cellJson),
  })

/** The id of a cell as its file has it, or a stable one by its place. */
export const cellId = (cell: vscode.NotebookCell): string => {
  const { id } = cell.metadata as { id?: unknown }
  return typeof id === 'string' ? id : `cell-${cell.index}`
}

/** The built-in notebook extension keeps the file's own metadata in a corner of the document's. */
const metadataOf = ({ metadata }: vscode.NotebookDocument): object => {
  const { metadata: inner } = metadata as { metadata?: object }
  const python = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } }
  return { ...python, ...inner }
}

const cellJson = (cell: vscode.NotebookCell): object => {
  const { metadata: inner } = cell.metadata as { metadata?: object }
  const code = cell.kind === vscode.NotebookCellKind.Code
  return {
    cell_type: code ? 'code' : 'markdown',
    id: cellId(cell),
    metadata: inner ?? {},
    source: cell.document.getText(),
    ...(code ? { outputs: [], execution_count: null } : {}),
  }
}
