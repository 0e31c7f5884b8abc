import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const repository = resolve(__dirname, '../..')
const uvVersion = '0.13.9'

/** Where tests keep what they installed: ignored by git, kept between runs. */
export const toolsDir = join(repository, '.novabrain', 'tools')

/** Variables by which packages are reached here: the index, its certificates, a proxy, and what was fetched before. */
export const packageIndex = (): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = '']) =>
      /^(UV|PIP|SSL_CERT|HTTPS?_PROXY|NO_PROXY)/i.test(name) ? [[name, value]] : [],
    ),
  ),
  UV_CACHE_DIR: join(process.env['NOVABRAIN_TEST_HOME'] ?? join(repository, '.novabrain'), 'cache/uv'),
})

/** The first Python on `PATH`, by its real path. */
export const findPython = async (): Promise<string> => {
  const { stdout } = await execute('python3', ['-I', '-S', '-c', 'import sys; print(sys.executable)'])
  return stdout.trim()
}

/** uv: as `NOVABRAIN_UV` says, from `PATH`, or installed once into a virtual environment of the repository's own. */
export const findUv = async (): Promise<string> => {
  const configured = process.env['NOVABRAIN_UV']
  if (configured) return configured
  const onPath = await execute('uv', ['--version']).then(
    () => 'uv',
    () => null,
  )
  if (onPath !== null) return onPath
  const uv = join(toolsDir, 'uv', 'bin', 'uv')
  if (!existsSync(uv)) await installUv()
  return uv
}

/** Made aside and renamed, since several tests may come here at once. A virtual environment that moved still has its uv. */
const installUv = async (): Promise<void> => {
  await mkdir(toolsDir, { recursive: true })
  const making = join(toolsDir, `uv.${process.pid}.making`)
  await execute(await findPython(), ['-m', 'venv', making])
  await execute(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `uv==${uvVersion}`])
  await rename(making, join(toolsDir, 'uv')).catch(() => rm(making, { recursive: true, force: true }))
}

/** The version of an interpreter, such as `3.11.7`. */
export const pythonVersion = async (python: string): Promise<string> => {
  const { stdout } = await execute(python, ['-I', '-S', '-c', 'import platform; print(platform.python_version())'])
  return stdout.trim()
}

/** A lock with hashes for these requirements, as the server makes them. */
export const lockOf = async (requirements: readonly string[], cacheDir: string): Promise<string> => {
  const uv = await findUv()
  const child = execute(uv, ['pip', 'compile', '--quiet', '--no-header', '--generate-hashes', '-'], {
    env: { ...process.env, UV_CACHE_DIR: cacheDir },
  })
  child.child.stdin?.end(requirements.join('\n'))
  return (await child).stdout
}
