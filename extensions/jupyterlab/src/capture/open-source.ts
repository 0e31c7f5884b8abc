import { PathExt } from '@jupyterlab/coreutils'
import type { IDocumentWidget } from '@jupyterlab/docregistry'
import type { FileEditor } from '@jupyterlab/fileeditor'
import type { NotebookPanel } from '@jupyterlab/notebook'
import type { ServiceManager } from '@jupyterlab/services'
import {
  NovaBrainError,
  notebookCode,
  notebookParameters,
  readNotebookJson,
  snapshotText,
  type Source,
} from '@novabrain/contracts'
import { sha256 } from '../models/sha256.js'
import { askKernel, helperKernel, kernelOf } from './kernel.js'

/**
 * A notebook as it is in the editor, saved or not. Its own kernel is asked; while that one is busy with a cell, another
 * of the same kind is. Throws the error of the catalogue when the notebook cannot run here.
 */
export const notebookSource = (panel: NotebookPanel, services: ServiceManager.IManager): Source => {
  const { path, sessionContext } = panel.context
  const helper = helperKernel(services, path, () => sessionContext.session?.kernel?.name)
  const run = async (program: string) => {
    const kernel = await kernelOf(sessionContext)
    return kernel?.status === 'busy' ? helper.run(program) : askKernel(kernel, program)
  }
  const entrypoint = PathExt.basename(path)
  const reading = readNotebookJson(panel.context.model.toJSON(), entrypoint)
  if (!reading.ok) throw new NovaBrainError(reading.code, reading.data)
  return {
    kind: 'notebook',
    path,
    entrypoint,
    unsaved: panel.context.model.dirty,
    text: snapshotText(reading.notebook),
    ...notebookCode(reading.notebook),
    parameters: notebookParameters(reading.notebook),
    host: { run, sha256: digest },
    dispose: helper.dispose,
  }
}

/** A Python script as it is in the editor. A script has no kernel, so one is started to be asked, and ended after. */
export const scriptSource = (widget: IDocumentWidget<FileEditor>, services: ServiceManager.IManager): Source => {
  const { path, model } = widget.context
  const helper = helperKernel(services, path, () => undefined)
  const text = model.toString()
  return {
    kind: 'script',
    path,
    entrypoint: PathExt.basename(path),
    unsaved: model.dirty,
    text,
    code: [text],
    words: [],
    parameters: [],
    host: { run: helper.run, sha256: digest },
    dispose: helper.dispose,
  }
}

const digest = (bytes: Uint8Array): Promise<string> => sha256(bytes as Uint8Array<ArrayBuffer>)
