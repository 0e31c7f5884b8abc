/**
 * The runner: started by an executor for one attempt, with what `config.ts` reads in its environment, it runs the task and
 * tells the server. `node runner.mjs --prepare-tools` only makes the environment that notebooks are driven with, so that
 * the first notebook need not wait for it, or for a network.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import notebookToolsLock from '../../assets/notebook-tools.lock'
import { runAttempt } from './attempt.js'
import { readRunnerConfig } from './config.js'
import gpuShare from './gpu_share.py'
import guard from './guard.py'
import kernelDriver from './kernel_driver.py'
import notebookDriver from './notebook_driver.py'
import { locatePython, notebookTools } from './preparation.js'
import { createStopper } from './stopper.js'
import { createUv, locateUv } from './uv.js'

const run = async (): Promise<void> => {
  const config = readRunnerConfig(process.env)
  const stopper = createStopper()
  process.on('SIGTERM', stopper.nodeStops)
  process.on('SIGINT', stopper.nodeStops)
  process.on('SIGHUP', () => undefined)
  // Whoever started us may be gone, and its end of our output with it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  await runAttempt(config, { gpuShare, guard, kernelDriver, notebookDriver, notebookToolsLock }, stopper)
}

const prepareTools = async (): Promise<void> => {
  const cacheDir = process.env['NOVABRAIN_CACHE_DIR']
  const python = await locatePython(process.env['NOVABRAIN_PYTHON'] ?? null)
  const command = await locateUv(process.env['NOVABRAIN_UV'] ?? null, python)
  if (!cacheDir || python === null || command === null)
    throw new Error('NOVABRAIN_CACHE_DIR, Python and uv are needed.')
  await mkdir(cacheDir, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'novabrain-tools-'))
  try {
    const guardPath = join(folder, 'guard.py')
    await writeFile(guardPath, guard)
    const guarding = { python, guardPath, folder }
    const stop = new AbortController().signal
    const uv = createUv({ command, guarding, cacheDir, attemptId: 'tools', stop })
    const config = { cacheDir, uv: null, attemptId: 'tools' }
    console.log(
      await notebookTools(null, () => Promise.resolve(uv), { config, toolsLock: notebookToolsLock, tell: console.log }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const main = process.argv.includes('--prepare-tools') ? prepareTools : run

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
