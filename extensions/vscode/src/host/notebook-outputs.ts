import * as vscode from 'vscode'
import { fromBase64 } from '@novabrain/contracts'

/** Outputs of the notebook file format (nbformat 4) as VS Code's, keeping every representation. */
export const outputsOf = (outputs: readonly unknown[]): vscode.NotebookCellOutput[] =>
  outputs.filter(isRecord).map(outputOf)

/** One output of nbformat 4, or the same as a message of a kernel: `content` with its type. */
export const outputOf = (output: Readonly<Record<string, unknown>>): vscode.NotebookCellOutput => {
  const metadata = isRecord(output['metadata']) ? { metadata: output['metadata'] } : {}
  switch (output['output_type']) {
    case 'stream': {
      const text = joined(output['text'])
      const item =
        output['name'] === 'stderr'
          ? vscode.NotebookCellOutputItem.stderr(text)
          : vscode.NotebookCellOutputItem.stdout(text)
      return new vscode.NotebookCellOutput([item], { outputType: 'stream' })
    }
    case 'error': {
      const traceback = Array.isArray(output['traceback']) ? output['traceback'].join('\n') : ''
      const error = { name: String(output['ename']), message: String(output['evalue']), stack: traceback }
      return new vscode.NotebookCellOutput([vscode.NotebookCellOutputItem.error(error)], { outputType: 'error' })
    }
    default: {
      const data = isRecord(output['data']) ? output['data'] : {}
      const items = Object.entries(data).map(([mime, value]) => itemOf(mime, value))
      return new vscode.NotebookCellOutput(items, { outputType: String(output['output_type']), ...metadata })
    }
  }
}

const itemOf = (mime: string, value: unknown): vscode.NotebookCellOutputItem => {
  if (/^image\/(?!svg)/.test(mime))
    return new vscode.NotebookCellOutputItem(fromBase64(joined(value).replace(/\s/g, '')), mime)
  if (/json$/.test(mime) && typeof value !== 'string' && !Array.isArray(value))
    return vscode.NotebookCellOutputItem.json(value, mime)
  return vscode.NotebookCellOutputItem.text(joined(value), mime)
}

const joined = (value: unknown): string =>
  Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : JSON.stringify(value)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
