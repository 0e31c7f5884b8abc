import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The virtual environment with JupyterLab and our wheel, made by `npm test`; `null` when there is none. */
export const jupyterVenv = (): string | null => {
  const venv = process.env['NOVABRAIN_TEST_JUPYTER']
  return venv !== undefined && existsSync(join(venv, 'bin/jupyter')) ? venv : null
}

/** The environment of the notebooks: with mlflow, scikit-learn and ipykernel. */
export const sampleVenv = (): string | null => {
  const venv = process.env['NOVABRAIN_TEST_PYTHON']
  return venv !== undefined && existsSync(join(venv, 'bin/python')) ? venv : null
}

/** A real JupyterLab with folders of its own. */
export interface TestJupyter {
  readonly url: string
  readonly token: string
  /** Where the notebooks are. */
  readonly folder: string
  /** The address that opens a notebook. */
  open(path: string): string
  /** Write a user setting, such as theme or language; before a page is opened. */
  setting(plugin: string, value: Record<string, unknown>): Promise<void>
  stop(): Promise<void>
}

export interface JupyterOptions {
  readonly venv: string
  /** The environment whose kernel `python3` is. */
  readonly kernelVenv: string
  /** Variables for the proxy: `NOVABRAIN_URL`, `NOVABRAIN_HOME`, `NOVABRAIN_TOKEN`. */
  readonly environment: Readonly<Record<string, string>>
  /** The language of the page. */
  readonly locale?: string
  /** Without our part in the Jupyter server, as where one may not install there: the page speaks to the server itself. */
  readonly withoutProxy?: boolean
}

/** Start JupyterLab with the sample in its folder. Its settings, data and runtime files are its own and go with it. */
export const startJupyter = async (options: JupyterOptions): Promise<TestJupyter> => {
  const home = await mkdtemp(join(tmpdir(), 'novabrain-jupyter-'))
  const folder = join(home, 'notebooks')
  await cp(join(__dirname, '../../samples'), folder, { recursive: true })
  await writeKernel(join(home, 'data/kernels/python3'), options.kernelVenv)
  await mkdir(join(home, 'config'))
  const extensions = { novabrain_jupyterlab: options.withoutProxy !== true }
  const ours = { ServerApp: { jpserver_extensions: extensions } }
  await writeFile(join(home, 'config/jupyter_server_config.json'), JSON.stringify(ours))
  const token = 'for-this-test-only'
  const port = await freePort()
  const url = `http://127.0.0.1:${String(port)}`
  const flags = ['--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${String(port)}`]
  const child = spawn(
    join(options.venv, 'bin/jupyter'),
    [
      'lab',
      ...flags,
      '--ServerApp.port_retries=0',
      `--ServerApp.root_dir=${folder}`,
      '--LabApp.expose_app_in_browser=True',
    ],
    {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        JUPYTER_TOKEN: token,
        JUPYTER_CONFIG_DIR: join(home, 'config'),
        JUPYTER_DATA_DIR: join(home, 'data'),
        JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
        IPYTHONDIR: join(home, 'ipython'),
        JUPYTER_PREFER_ENV_PATH: '0',
        ...options.environment,
      },
    },
  )
  const setting = async (plugin: string, value: Record<string, unknown>) => {
    const [name = '', file = ''] = plugin.split(':')
    const place = join(home, 'config/lab/user-settings', name)
    await mkdir(place, { recursive: true })
    await writeFile(join(place, `${file}.jupyterlab-settings`), JSON.stringify(value))
  }
  await setting('@jupyterlab/apputils-extension:notification', { fetchNews: 'false', checkForUpdates: false })
  if (options.locale !== undefined)
    await setting('@jupyterlab/translation-extension:plugin', { locale: options.locale })
  await untilAnswers(child, `${url}/api?token=${token}`)
  return {
    url,
    token,
    folder,
    open: (path) => `${url}/lab/tree/${path}?token=${token}&reset`,
    setting,
    async stop() {
      child.kill('SIGTERM')
      const stopped = once(child, 'exit')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await (child.exitCode === null ? stopped : null)
      clearTimeout(late)
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const writeKernel = async (place: string, venv: string): Promise<void> => {
  await mkdir(place, { recursive: true })
  const spec = {
    argv: [join(venv, 'bin/python'), '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: 'Python 3 (ipykernel)',
    language: 'python',
  }
  await writeFile(join(place, 'kernel.json'), JSON.stringify(spec))
}

const untilAnswers = async (child: ChildProcess, address: string): Promise<void> => {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit').then(() => {
    throw new Error(`JupyterLab ended by itself:\n${said.slice(-2000)}`)
  })
  ended.catch(() => undefined)
  const answered = async () => {
    for (;;) {
      const answer = await fetch(address).catch(() => null)
      if (answer?.ok === true) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await Promise.race([ended, answered()])
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
