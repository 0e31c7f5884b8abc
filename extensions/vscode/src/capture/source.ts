import {
  NovaBrainError,
  notebookCode,
  notebookParameters,
  readNotebook,
  snapshotText,
  type CaptureHost,
  type Source,
} from '@novabrain/contracts'
import path from 'node:path'
import type { App } from '../app.js'
import type { OpenDocument } from '../editor.js'

/** What of a document is to run: all of it, or the lines that are selected. */
export type Part = 'whole' | 'selection'

/**
 * A script or notebook as it is in the editor, saved or not, with the interpreter to ask. The folder it lies in goes along.
 * Throws `python_not_found`, or what is wrong with the notebook.
 */
export const sourceOf = async (app: App, document: OpenDocument, part: Part = 'whole'): Promise<Source> => {
  const host = await hostFor(app, document)
  return document.kind === 'notebook' ? notebookSource(document, host) : scriptSource(document, host, part)
}

/** The interpreter of a document, in its folder. Throws `python_not_found`. */
export const hostFor = async (app: App, document: Pick<OpenDocument, 'path' | 'untitled'>): Promise<CaptureHost> => {
  const interpreter = await interpreterFor(app, document.path)
  const host = app.platform.python(interpreter, folderOf(app, document)) ?? notFound(app)
  const run = async (program: string): Promise<string> => {
    const answer = await host.run(program).catch((error: unknown) => {
      if (codeOf(error) === 'python_not_found') return notFound(app)
      throw error
    })
    app.lacks.set({ python: false })
    return answer
  }
  return { ...host, run }
}

const codeOf = (error: unknown): string | null => (error instanceof NovaBrainError ? error.code : null)

/**
 * Which Python a document runs in: the setting, else what the Python extension or the kernel of the notebook chose, else
 * `VIRTUAL_ENV`, else the first on the path. Nothing is searched for on the disk. Throws `python_not_found`.
 */
export const interpreterFor = async (app: App, documentPath: string): Promise<string> => {
  const { editor, platform } = app
  const { pythonPath } = editor.settings
  const chosen = pythonPath !== '' ? pythonPath : await editor.documents.interpreterOf(documentPath)
  const venv = editor.environment['VIRTUAL_ENV']
  const inVenv = venv === undefined ? [] : [path.join(venv, platform.windows ? 'Scripts/python.exe' : 'bin/python')]
  return chosen ?? (await platform.firstPython([...inVenv, 'python3', 'python'])) ?? notFound(app)
}

const notFound = ({ lacks }: App): never => {
  lacks.set({ python: true })
  throw new NovaBrainError('python_not_found')
}

const folderOf = ({ editor }: App, { path: place, untitled }: Pick<OpenDocument, 'path' | 'untitled'>): string =>
  untitled ? (editor.folders[0] ?? editor.storageFolder) : path.dirname(place)

const notebookSource = (document: OpenDocument, host: CaptureHost): Source => {
  const entrypoint = path.basename(document.path)
  const reading = readNotebook(document.text, entrypoint)
  if (!reading.ok) throw new NovaBrainError(reading.code, reading.data)
  return {
    kind: 'notebook',
    path: document.path,
    entrypoint,
    unsaved: document.unsaved,
    text: snapshotText(reading.notebook),
    ...notebookCode(reading.notebook),
    parameters: notebookParameters(reading.notebook),
    host,
    dispose: () => undefined,
  }
}

const scriptSource = (document: OpenDocument, host: CaptureHost, part: Part): Source => {
  const text = part === 'selection' && document.selection !== null ? dedented(document.selection.text) : document.text
  return {
    kind: 'script',
    path: document.path,
    entrypoint: path.basename(document.path),
    unsaved: document.unsaved || part === 'selection',
    text,
    code: [text],
    words: [],
    parameters: [],
    host,
    dispose: () => undefined,
  }
}

/** Selected lines often stand inside a function or a loop; what all of them are indented by goes. */
export const dedented = (text: string): string => {
  const lines = text.split('\n')
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const depth = Math.min(...depths)
  return depth === 0 || depths.length === 0
    ? text
    : lines.map((line) => line.slice(Math.min(depth, line.length))).join('\n')
}
