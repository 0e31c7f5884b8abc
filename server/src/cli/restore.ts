import { kernelName, NovaBrainError, restoreSteps, type EnvironmentPin } from '@novabrain/contracts'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { textOption, type Context, type Session } from './command.js'
import { findUv } from './tools.js'

/** Recreate a pinned environment in a folder and make a kernel of it; each step is said before it is done. */
export const restore = async (context: Context, session: Session, pin: EnvironmentPin): Promise<number> => {
  const { output, texts } = context
  const folder = path.resolve(textOption(context.options, 'into') ?? path.join('.venvs', kernelName(pin.digest)))
  const uv = await findUv(context)
  if (uv === null) throw new NovaBrainError('uv_not_found')
  const lockFile = path.join(context.home, 'cache', `${pin.digest}.lock`)
  await mkdir(path.dirname(lockFile), { recursive: true })
  const params = { projectId: await session.projectId(), digest: pin.digest }
  await writeFile(lockFile, await session.client.getEnvironmentLock({ params }))
  if (!existsSync(folder)) await mkdir(path.dirname(folder), { recursive: true })
  const steps = restoreSteps({
    uv: [uv.command],
    pin,
    folder,
    lockFile,
    kernel: { kind: 'user' },
    windows: process.platform === 'win32',
  })
  for (const { command } of steps) {
    output.line(`$ ${command.join(' ')}`)
    const [program = '', ...args] = command
    await promisify(execFile)(program, args).catch((error: { stderr?: string; message: string }) => {
      const detail = error.stderr?.trim() || error.message
      throw new NovaBrainError('environment_restore_failed', { detail }, { cause: error })
    })
  }
  await rm(lockFile, { force: true })
  output.value({ folder, kernel: kernelName(pin.digest) })
  output.line(texts.restored(folder, kernelName(pin.digest)))
  return 0
}
