import { existsSync } from 'node:fs'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, loadConfig } from '../../config.js'
import type { Command, Context } from '../command.js'
import { formatBytes } from '../output.js'
import { ask, findPython, findUv } from '../tools.js'

interface Check {
  /** The same in every language and version. */
  readonly id: CheckId
  /** The part of the server, as the server calls it. */
  readonly part?: string
  readonly ok: boolean
  readonly found: string
  /** What to do; empty when all is well. */
  readonly remedy: string
}

type CheckId = 'node' | 'home' | 'disk' | 'config' | 'python' | 'uv' | 'gpu' | 'server' | 'clock' | 'key'

const lowDiskBytes = 2 * 1024 ** 3
const skewLimitMs = 5000

/** `novabrain doctor`: what works on this machine, and what to do about what does not. Exit code 1 if anything fails. */
export const doctor: Command = {
  usage: 'doctor',
  options: {},
  async run(context) {
    const checks = [
      checkNode(),
      await checkHome(context),
      await checkDisk(context),
      await checkConfig(context),
      await checkPython(context),
      await checkUv(context),
      await checkGpu(context),
      ...(await checkServer(context)),
    ]
    const { columns, doctor: words } = context.texts
    context.output.value(
      checks.map(({ id, part, ok, found, remedy }) => ({
        id: part === undefined ? id : `${id}.${part}`,
        check: part ?? words[id],
        ok,
        found,
        remedy,
      })),
    )
    context.output.table(
      [columns.check, '', columns.found, columns.remedy],
      checks.map(({ id, part, ok, found, remedy }) => [
        part === undefined ? words[id] : `  ${part}`,
        ok ? words.ok : '✗',
        found,
        remedy,
      ]),
    )
    return checks.every(({ ok }) => ok) ? 0 : 1
  },
}

const checkNode = (): Check => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 20 || (major === 20 && minor >= 19)
  return { id: 'node', ok, found: process.versions.node, remedy: ok ? '' : '≥ 20.19' }
}

const checkHome = async ({ home }: Context): Promise<Check> => {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await access(home, constants.W_OK)
    return { id: 'home', ok: true, found: home, remedy: '' }
  } catch (error) {
    return { id: 'home', ok: false, found: messageOf(error), remedy: 'NOVABRAIN_HOME' }
  }
}

const checkDisk = async ({ home }: Context): Promise<Check> => {
  const { bavail, bsize } = await statfs(existsSync(home) ? home : path.dirname(home))
  const free = bavail * bsize
  return {
    id: 'disk',
    ok: free > lowDiskBytes,
    found: formatBytes(free),
    remedy: free > lowDiskBytes ? '' : '> 2 GiB',
  }
}

const checkConfig = ({ home, environment, locale }: Context): Promise<Check> =>
  loadConfig(home, environment).then(
    () => ({ id: 'config', ok: true, found: '', remedy: '' }),
    (error: unknown) => ({
      id: 'config',
      ok: false,
      found: error instanceof ConfigError ? error.faults(locale).join('; ') : messageOf(error),
      remedy: path.join(home, 'config.json'),
    }),
  )

const oldestPythonMinor = 10

const checkPython = async (context: Context): Promise<Check> => {
  const { missing, installPython } = context.texts.doctor
  const tool = await findPython(context).catch(() => null)
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(tool?.version ?? '') ?? []).map(Number)
  const ok = major > 3 || (major === 3 && minor >= oldestPythonMinor)
  return { id: 'python', ok, found: tool?.version ?? missing, remedy: ok ? '' : installPython }
}

const checkUv = async (context: Context): Promise<Check> => {
  const { missing, installUv } = context.texts.doctor
  const tool = await findUv(context).catch(() => null)
  return { id: 'uv', ok: tool !== null, found: tool?.version ?? missing, remedy: tool === null ? installUv : '' }
}

const checkGpu = async ({ texts }: Context): Promise<Check> => {
  const answer = await ask('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader'])
  return { id: 'gpu', ok: true, found: answer?.replaceAll('\n', '; ') ?? texts.doctor.noGpu, remedy: '' }
}

const checkServer = async (context: Context): Promise<Check[]> => {
  const { doctor: words } = context.texts
  try {
    const session = await context.session()
    const sentMs = Date.now()
    const ready = await session.client.ready()
    const server: Check = { id: 'server', ok: true, found: `${session.url} (${ready.serverVersion})`, remedy: '' }
    const parts = Object.entries(ready.checks).map(([name, { ok, detail }]): Check => ({
      id: 'server',
      part: name,
      ok,
      found: detail ?? '',
      remedy: '',
    }))
    return [server, ...parts, await checkClock(context, session.url, sentMs), await checkKey(context)]
  } catch (error) {
    return [{ id: 'server', ok: false, found: messageOf(error), remedy: words.startServer }]
  }
}

const checkKey = async (context: Context): Promise<Check> => {
  const { signedIn } = context.texts
  try {
    const me = await (await context.session()).me()
    return { id: 'key', ok: true, found: signedIn(me.member.name, me.tenant.name), remedy: '' }
  } catch (error) {
    return { id: 'key', ok: false, found: messageOf(error), remedy: 'novabrain login' }
  }
}

const checkClock = async ({ texts }: Context, url: string, sentMs: number): Promise<Check> => {
  const answer = await fetch(`${url}/health/live`)
  const serverMs = Date.parse(answer.headers.get('date') ?? '')
  const skewMs = Math.abs(serverMs - sentMs)
  const ok = Number.isNaN(skewMs) || skewMs < skewLimitMs
  return {
    id: 'clock',
    ok,
    found: ok ? '' : texts.doctor.clockSkew(Math.round(skewMs / 1000)),
    remedy: '',
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
