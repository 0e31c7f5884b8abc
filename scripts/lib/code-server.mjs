import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { run } from './run.mjs'
import { Unavailable } from './steps.mjs'
import { t } from './texts.mjs'

// VS Code in the browser: the extension is tested in it, for it comes from npm and needs no window system. It wants a Node of
// its own version, and is large: it is kept outside the repository, for every clone. Its install scripts would compile a
// dozen native modules for ten minutes, and want the headers of Kerberos; what the tests use comes compiled, so that no
// script is run.
const version = '4.139.1'
const nodeVersion = '24.15.0'
/** Changed when an older installation of the same version will not do. */
const layout = 1
const anHourMs = 3_600_000

/** Where what is costly to make is kept between clones: `NOVABRAIN_CACHE_DIR`, or what the system has for that. */
const cacheFolder = () =>
  process.env['NOVABRAIN_CACHE_DIR'] ||
  path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'novabrain')

/**
 * code-server: as `NOVABRAIN_CODE_SERVER` says, else in the cache folder, installed from npm on the first use. Gives the path
 * of what starts it. An installation is made beside its place and moved there when it is whole.
 */
export const ensureCodeServer = async () => {
  const named = process.env['NOVABRAIN_CODE_SERVER']
  if (named !== undefined && named !== '') return { codeServer: named, remark: named }
  const place = path.join(cacheFolder(), `code-server-${version}-${layout}`)
  const launcher = path.join(place, 'code-server')
  if (existsSync(launcher)) return { codeServer: launcher, remark: t('steps.upToDate') }
  const platform = supportedPlatform()
  sweep(place)
  const partial = `${place}.${process.pid}.${Date.now()}.partial`
  try {
    await install(partial, platform)
    moveInto(place, partial)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return { codeServer: launcher, remark: t('steps.installedVersion', { name: 'code-server', version }) }
}

const supportedPlatform = () => {
  const { platform, arch } = process
  if (platform === 'linux' && ['x64', 'arm64'].includes(arch)) return `${platform}-${arch}`
  throw new Unavailable(t('missing.codeServerPlatform', { where: `${platform}-${arch}` }))
}

/** What an install that was killed left behind; a living one is never that old. */
const sweep = (place) => {
  const folder = path.dirname(place)
  mkdirSync(folder, { recursive: true })
  const old = (name) => Date.now() - statSync(path.join(folder, name)).mtimeMs > anHourMs
  const left = readdirSync(folder).filter(
    (name) => name.startsWith(`${path.basename(place)}.`) && name.endsWith('.partial'),
  )
  for (const name of left.filter(old)) rmSync(path.join(folder, name), { recursive: true, force: true })
}

/** Another process may have been quicker; theirs is as good as ours. */
const moveInto = (place, partial) => {
  try {
    renameSync(partial, place)
  } catch (error) {
    if (!existsSync(path.join(place, 'code-server'))) throw error
  }
}

const install = async (folder, platform) => {
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }')
  const nodePackage = `node-${platform}`
  await npm(folder, [`${nodePackage}@${nodeVersion}`, `code-server@${version}`])
  const editor = path.join(folder, 'node_modules/code-server/lib/vscode')
  await npm(editor, ['--omit=dev'])
  await npm(path.join(editor, 'extensions'), ['--omit=dev'])
  for (const name of unused(folder, editor, nodePackage, platform)) rmSync(name, { recursive: true, force: true })
  writeFileSync(path.join(folder, 'code-server'), launcherOf(nodePackage), { mode: 0o755 })
}

/** More than half of it: an assistant and its sandbox, diagrams, what is for other systems, headers and source maps. */
const unused = (folder, editor, nodePackage, platform) => {
  const inModules = (name) => path.join(editor, 'node_modules', name)
  const others = (place) =>
    readdirSync(place)
      .filter((name) => name !== platform)
      .map((name) => path.join(place, name))
  const maps = readdirSync(editor, { recursive: true }).filter((name) => name.endsWith('.map'))
  return [
    path.join(folder, 'node_modules', nodePackage, 'include'),
    ...['copilot', 'mermaid-markdown-features'].map((name) => path.join(editor, 'extensions', name)),
    ...[`@github/copilot-sdk-${platform}`, '@microsoft/mxc-sdk', '@vscode/windows-process-tree'].map(inModules),
    ...['@vscode/ripgrep-universal/bin', 'node-pty/prebuilds'].map(inModules).flatMap(others),
    ...maps.map((name) => path.join(editor, name)),
  ]
}

const npm = (cwd, args) =>
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd,
    env: outsideOf(process.env),
  }).catch((error) => {
    throw new Unavailable(t('missing.codeServer', { detail: lineOf(error) }))
  })

/** Under `npm test` npm tells its scripts where the repository is; the npm below is of another folder. */
const outsideOf = (env) =>
  Object.fromEntries(
    Object.entries(env).filter(([key]) => !/^npm_(package|lifecycle|config_(local_prefix|user_agent))/.test(key)),
  )

const launcherOf = (nodePackage) => `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec "$here/node_modules/${nodePackage}/bin/node" "$here/node_modules/code-server/out/node/entry.js" "$@"
`

const lineOf = (error) => {
  const lines = String(error.output ?? error.message)
    .trim()
    .split('\n')
  return lines.find((line) => /error|failed|refused|unreachable/i.test(line))?.trim() ?? lines[0]
}
