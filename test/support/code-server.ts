import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installLanguagePack } from './language-pack.js'

const run = promisify(execFile)

/** What starts code-server, VS Code in the browser, made ready by `npm test`; `null` when there is none. */
export const codeServerPath = (): string | null => existing(process.env['NOVABRAIN_TEST_CODE_SERVER'])

/** Our extension as a package, built by `npm test`; `null` when there is none. */
export const vscodeExtension = (): string | null => existing(process.env['NOVABRAIN_TEST_VSCODE_EXTENSION'])

const existing = (path: string | undefined): string | null => (path !== undefined && existsSync(path) ? path : null)

/** The themes VS Code brings for the three kinds of light: its name for each, what a user reads, and the class of the page. */
export const themes = {
  light: { id: 'Light 2026', label: 'Light 2026', sign: 'vs' },
  dark: { id: 'Dark 2026', label: 'Dark 2026', sign: 'vs-dark' },
  highContrast: { id: 'Default High Contrast', label: 'Dark High Contrast', sign: 'hc-black' },
} as const

export interface CodeServerOptions {
  /** Packages to install, in this order. */
  readonly vsix: readonly string[]
  /** The folder to open; an empty one of its own if not said. */
  readonly folder?: string
  /** On top of what keeps the editor quiet. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Settings of the machine that the extension host runs on: those that name its addresses and paths. */
  readonly machine?: Readonly<Record<string, unknown>>
  readonly locale?: 'zh-cn'
  /** `asked`: workspace trust as people have it, the first look at a folder asks (`openEditor` answers); `off`: no such thing. */
  readonly trust?: 'asked' | 'off'
  /** Variables of the extension host, such as `NOVABRAIN_TOKEN`. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A real VS Code with folders of its own. */
export interface TestCodeServer {
  /** The address that opens the folder. */
  readonly url: string
  readonly folder: string
  /** The home folder of the extension host. */
  readonly home: string
  readonly trust: 'asked' | 'off'
  /** Change user settings; a window takes them up when it is loaded. */
  change(settings: Readonly<Record<string, unknown>>): Promise<void>
  /** What the server and its extension host said so far. */
  log(): string
  /** Rejects when the server ends by itself. */
  readonly ended: Promise<never>
  stop(): Promise<void>
}

/** Nothing pops up, nothing asks the internet, and the window belongs to what is tested. */
const quiet = {
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'remote.autoForwardPorts': false,
  // By itself the editor asks nobody and starts restricted.
  'security.workspace.trust.startupPrompt': 'once',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': themes.light.id,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
}

/** Start code-server with these extensions. Its settings, extensions and data are its own and go with it. */
export const startCodeServer = async (options: CodeServerOptions): Promise<TestCodeServer> => {
  const launcher = codeServerPath()
  if (launcher === null) throw new Error('code-server was not found: NOVABRAIN_TEST_CODE_SERVER names what starts it')
  const home = await mkdtemp(join(tmpdir(), 'novabrain-vscode-'))
  const places = {
    data: join(home, 'data'),
    extensions: join(home, 'extensions'),
    folder: options.folder ?? join(home, 'folder'),
  }
  await Promise.all(Object.values(places).map((place) => mkdir(place, { recursive: true })))
  const change = settingsIn(join(places.data, 'User'))
  await change({ ...quiet, ...options.settings })
  await settingsIn(join(places.data, 'Machine'))({ ...options.machine })
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, SHELL: '/bin/sh', ...options.environment }
  const own = ['--user-data-dir', places.data, '--extensions-dir', places.extensions]
  if (options.vsix.length > 0) {
    const wanted = options.vsix.flatMap((vsix) => ['--install-extension', vsix])
    await run(launcher, [...own, '--force', ...wanted], { env })
  }
  if (options.locale !== undefined) await installLanguagePack(places.data, places.extensions, options.locale)
  const trust = options.trust ?? 'asked'
  const port = String(await freePort())
  const flags = [
    '--auth',
    'none',
    '--bind-addr',
    `127.0.0.1:${port}`,
    '--disable-telemetry',
    '--disable-update-check',
    '--ignore-last-opened',
  ]
  const chosen = [
    ...(trust === 'off' ? ['--disable-workspace-trust'] : []),
    ...(options.locale === undefined ? [] : ['--locale', options.locale]),
  ]
  const child = spawn(launcher, [...own, ...flags, ...chosen], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const { log, ended } = watch(child)
  const url = `http://127.0.0.1:${port}`
  await Promise.race([ended, untilAnswers(`${url}/healthz`)])
  return {
    url: `${url}/?folder=${encodeURIComponent(places.folder)}`,
    folder: places.folder,
    home,
    trust,
    change,
    log,
    ended,
    async stop() {
      await end(child)
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const settingsIn = (folder: string) => async (changes: Readonly<Record<string, unknown>>) => {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'settings.json')
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as object) : {}
  await writeFile(file, JSON.stringify({ ...known, ...changes }, null, 2))
}

const watch = (child: ChildProcess) => {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit').then((): never => {
    throw new Error(`code-server ended by itself:\n${said.slice(-2000)}`)
  })
  ended.catch(() => undefined)
  return { log: () => said, ended }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const stopped = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await stopped
  clearTimeout(late)
}

const untilAnswers = async (address: string): Promise<void> => {
  for (;;) {
    const answer = await fetch(address).catch(() => null)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
