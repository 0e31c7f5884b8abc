import type { NotebookPanel } from '@jupyterlab/notebook'
import { captureEnvironment, type CaptureHost } from '@novabrain/contracts'
import type { Asked } from '../models/environments.js'
import { sha256 } from '../models/sha256.js'
import { askKernel, kernelOf } from './kernel.js'

/** The kernel of a notebook as a place to be asked. */
export const kernelHost = (panel: NotebookPanel): CaptureHost => ({
  run: async (program) => askKernel(await kernelOf(panel.sessionContext), program),
  sha256: (bytes) => sha256(bytes as Uint8Array<ArrayBuffer>),
})

/** Ask the kernel of a notebook what it has installed; `null` when it cannot answer now, which is no fault. */
export const askEnvironment = async (panel: NotebookPanel): Promise<Asked | null> => {
  try {
    const { capture, captureDigest } = await captureEnvironment(kernelHost(panel))
    return { captureDigest, pythonVersion: capture.pythonVersion, distributions: capture.distributions }
  } catch {
    return null
  }
}
