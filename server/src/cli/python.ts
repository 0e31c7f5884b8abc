import type { CaptureHost } from '@novabrain/contracts'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import path from 'node:path'

/** The interpreter a command means: `--python`, the active virtual environment, else `python3` or `python`. */
export const choosePython = (
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | null => {
  const venv = environment['VIRTUAL_ENV']
  const inVenv =
    venv === undefined ? undefined : path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const candidates = [named ?? inVenv, ...(named === undefined ? ['python3', 'python'] : [])]
  return candidates.find((name) => name !== undefined && answers(name)) ?? null
}

const answers = (python: string): boolean => spawnSync(python, ['-c', ''], { timeout: 10_000 }).status === 0

/** What capture needs of a terminal: an interpreter that runs a program given on standard input, in a folder. */
export const pythonHost = (python: string, folder: string): CaptureHost => ({
  run: (program) => runProgram(python, folder, program),
  sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
})

const runProgram = (python: string, folder: string, program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, ['-'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
    child.stdin.end(program)
  })
