import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bin, digestOf, home, root } from './places.mjs'
import { run } from './run.mjs'
import { Unavailable } from './steps.mjs'
import { t } from './texts.mjs'

const uvVersion = '0.13.9'
const lock = (name) => path.join(root, 'scripts/python', `${name}.lock`)

/** A Python of version 3.10 or newer: `NOVABRAIN_PYTHON`, or the first of the usual names. */
export const findPython = () => {
  const names = [process.env['NOVABRAIN_PYTHON'], 'python3', 'python'].filter((name) => name !== undefined)
  for (const name of names) {
    const [major, minor] = versionOf(name)
    if (major === 3 && minor >= 10) return name
  }
  throw new Unavailable(t('missing.python'))
}

const versionOf = (name) => {
  try {
    return execFileSync(name, ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' })
      .split(' ')
      .map(Number)
  } catch {
    return [0, 0]
  }
}

/** uv: as `NOVABRAIN_UV` says, else in the data folder, installed from the package index on the first use. Gives its path. */
export const ensureUv = async () => {
  const named = process.env['NOVABRAIN_UV']
  if (named !== undefined && named !== '') return { uv: named, remark: named }
  const venv = path.join(home, 'tools')
  const uv = bin(venv, 'uv')
  if (existsSync(uv)) return { uv, remark: t('steps.upToDate') }
  const python = findPython()
  await run(python, ['-m', 'venv', venv]).catch((error) => {
    throw new Unavailable(t('missing.venv', { detail: firstLine(error) }))
  })
  await run(bin(venv, 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--retries',
    '1',
    `uv==${uvVersion}`,
  ]).catch((error) => {
    throw new Unavailable(t('missing.uv', { detail: firstLine(error) }))
  })
  return { uv, remark: t('steps.installedVersion', { name: 'uv', version: uvVersion }) }
}

/**
 * A virtual environment that holds exactly what a lock of `scripts/python` says, and wheels of ours on top. Nothing is
 * asked of the network when it is up to date.
 */
export const ensureEnvironment = async (uv, name, wheels = []) => {
  const venv = path.join(home, 'python', name)
  const stamp = path.join(venv, '.novabrain-stamp')
  const wanted = digestOf(lock(name), ...wheels)
  const python = bin(venv, 'python')
  // One that was left half made, or whose Python is gone from the machine, has no interpreter that exists.
  const whole = existsSync(python)
  if (whole && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { venv, remark: t('steps.upToDate') }
  const options = { env: { ...process.env, UV_CACHE_DIR: path.join(home, 'cache/uv') } }
  if (!whole) await run(uv, ['venv', '--quiet', '--clear', '--python', findPython(), venv], options)
  // The repository says "type": "module" in its package.json; JupyterLab's yarn is found below it and is none.
  writeFileSync(path.join(home, 'package.json'), '{ "type": "commonjs" }\n')
  const install = async () => {
    await run(uv, ['pip', 'sync', '--quiet', '--require-hashes', '--python', python, lock(name)], options)
    for (const wheel of wheels)
      await run(uv, ['pip', 'install', '--quiet', '--no-deps', '--reinstall', '--python', python, wheel], options)
  }
  await install().catch((error) => {
    throw new Unavailable(t('missing.environment', { name, detail: firstLine(error) }))
  })
  writeFileSync(stamp, wanted)
  return { venv, remark: t('steps.installed') }
}

/** Make ready what drives notebooks, so that the first one need not wait for it, or for the network. */
export const ensureNotebookTools = async (uv) => {
  const env = {
    ...process.env,
    NOVABRAIN_CACHE_DIR: path.join(home, 'cache'),
    NOVABRAIN_UV: uv,
    NOVABRAIN_PYTHON: findPython(),
  }
  await run(process.execPath, [path.join(root, 'server/dist/runner.mjs'), '--prepare-tools'], { env }).catch(
    (error) => {
      throw new Unavailable(t('missing.tools', { detail: firstLine(error) }))
    },
  )
  return t('steps.ready')
}

/** Make the `sample` environment the kernel `python3` of JupyterLab, so that notebooks run in an ordinary environment. */
export const registerKernel = async (jupyter, sample) => {
  const spec = path.join(jupyter, 'share/jupyter/kernels/python3/kernel.json')
  const python = bin(sample, 'python')
  if (existsSync(spec) && readFileSync(spec, 'utf8').includes(JSON.stringify(python))) return t('steps.upToDate')
  const args = ['-m', 'ipykernel', 'install', '--prefix', jupyter, '--name', 'python3', '--display-name', 'Python 3']
  await run(python, args)
  return t('steps.registered')
}

/** JupyterLab asks its own servers for news and updates; ours is quiet and needs no internet. */
export const quietJupyter = (jupyter) => {
  const folder = path.join(jupyter, 'share/jupyter/lab/settings')
  mkdirSync(folder, { recursive: true })
  const notification = { fetchNews: 'false', checkForUpdates: false }
  const settings = { '@jupyterlab/apputils-extension:notification': notification }
  writeFileSync(path.join(folder, 'overrides.json'), JSON.stringify(settings, null, 2))
}

const firstLine = (error) => {
  const lines = String(error.output ?? error.message).split('\n')
  return lines.find((line) => /error|failed|refused|unreachable/i.test(line))?.trim() ?? lines[0]
}
