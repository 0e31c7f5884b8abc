import {
  captureEnvironment,
  driftOf,
  kernelName,
  NovaBrainError,
  pinEnvironment,
  restoreSteps,
  type RememberedPin,
} from '@novabrain/contracts'
import { formatAge, stringsOf } from '@novabrain/ui'
import path from 'node:path'
import type { App } from '../app.js'
import { submitMemory } from '../capture/memory.js'
import { hostFor, interpreterFor } from '../capture/source.js'
import type { OpenDocument } from '../editor.js'
import type { Live } from '../session.js'
import { withLive } from './jobs.js'
import { trusted } from './trust.js'

/** Python of a folder is run only where the folder is trusted. */
const withTrust = async (app: App, work: (live: Live) => Promise<unknown>): Promise<unknown> =>
  (await trusted(app)) ? withLive(app, work) : null

/** The document in front, or the folder when none is: an interpreter is asked either way. */
const placeOf = ({ editor }: App): Pick<OpenDocument, 'path' | 'untitled'> =>
  editor.documents.active() ?? {
    path: path.join(editor.folders[0] ?? editor.storageFolder, 'environment.py'),
    untitled: false,
  }

/** Pin the environment of the interpreter that is chosen here. */
export const pinHere = (app: App): Promise<unknown> =>
  withTrust(app, async (live) => {
    const { editor } = app
    const place = placeOf(app)
    const host = await hostFor(app, place)
    const result = await editor.progress('notification', editor.t('Pinning the environment'), async (step) => {
      step.report(editor.t('asking Python'))
      const captured = await captureEnvironment(host)
      step.report(editor.t('resolving with hashes'))
      return { captured, pinned: await pinEnvironment(live.client, live.projectId, captured) }
    })
    const { captured, pinned } = result
    if (pinned.status === 'conflict') {
      const [first] = pinned.conflicts
      const pair =
        first === undefined
          ? ''
          : `${first.left.requiredBy}: ${first.left.requirement} ✕ ${first.right.requiredBy}: ${first.right.requirement}. ${first.suggestion ?? ''}`
      return void (await editor.tell('error', editor.t('These packages cannot be pinned together. {0}', pair)))
    }
    const versions = Object.fromEntries(captured.capture.distributions.map(({ name, version }) => [name, version]))
    const { digest, pythonVersion, packages, unavailable } = pinned.pin
    const pin: RememberedPin = { digest, captureDigest: captured.captureDigest, pythonVersion, versions }
    submitMemory(editor.memory).remember(place.path, { pin })
    const copy = editor.t('Copy the digest')
    const left =
      unavailable.length === 0
        ? ''
        : ` ${editor.t('{0} on no index: {1}', unavailable.length, unavailable.map(({ name }) => name).join(', '))}`
    const words = editor.t('Environment pinned: Python {0}, {1} packages.', pythonVersion, packages.length) + left
    if ((await editor.tell('information', words, copy)) === copy) await editor.copy(digest)
  })

/** Show what has changed in the interpreter since the last pin of this document. */
export const compareWithPin = (app: App): Promise<unknown> =>
  withTrust(app, async () => {
    const { editor } = app
    const place = placeOf(app)
    const pin = submitMemory(editor.memory).pinOf(place.path)
    if (pin === null)
      return void (await editor.tell(
        'information',
        editor.t('This environment was not pinned yet. Pin it or run something first.'),
      ))
    const { capture, captureDigest } = await captureEnvironment(await hostFor(app, place))
    const now = { captureDigest, pythonVersion: capture.pythonVersion, distributions: capture.distributions }
    const drift = driftOf(pin, now)
    if (drift.kind !== 'drifted')
      return void (await editor.tell(
        'information',
        editor.t(
          'Nothing has changed since the pin: Python {0}, {1} packages.',
          pin.pythonVersion,
          Object.keys(pin.versions).length,
        ),
      ))
    const head = [editor.t('Environment against its pin {0}', pin.digest.slice(0, 12)), '']
    await editor.showText('environment.diff', 'diff', [...head, ...drift.changes.map(diffLine)].join('\n'))
  })

/** A change as a line that the editor colours. */
const diffLine = (change: string): string => {
  const [, name, from, to] = /^(\S+) (\S+) → (\S+)$/.exec(change) ?? []
  if (name !== undefined) return `- ${name} ${from}\n+ ${name} ${to}`
  return change.replace(/^− /, '- ')
}

/** Recreate a pinned environment in a folder and make a kernel of it. */
export const restore = (app: App, given: unknown): Promise<unknown> =>
  withTrust(app, async (live) => {
    const { editor, platform } = app
    const digest = digestOf(given) ?? (await chooseDigest(app, live))
    if (digest === null) return
    const params = { projectId: live.projectId, digest }
    const [pin, lock] = await Promise.all([
      live.client.getEnvironmentPin({ params }),
      live.client.getEnvironmentLock({ params }),
    ])
    const base = editor.folders[0] ?? editor.storageFolder
    const folder = path.join(base, '.venvs', kernelName(digest))
    const done = await editor.progress('notification', editor.t('Restoring the environment'), async (step) => {
      const lockFile = path.join(editor.storageFolder, `${digest}.lock`)
      await platform.writeFile(lockFile, lock)
      const uv = await findUv(app)
      const { windows } = platform
      const plan = { uv, pin, folder, lockFile, kernel: { kind: 'user' }, windows } as const
      for (const { purpose, command } of restoreSteps(plan)) {
        step.report(stepWords(app, purpose))
        await platform.runCommand(command, base, step.signal).catch((error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error)
          if (!step.signal.aborted) throw new NovaBrainError('environment_restore_failed', { detail }, { cause: error })
        })
        if (step.signal.aborted) return false
      }
      return true
    })
    if (!done) return
    const use = editor.t('Copy its path')
    const python = path.join(folder, platform.windows ? 'Scripts/python.exe' : 'bin/python')
    const words = editor.t('The environment is in {0}, and there is a kernel of it.', path.relative(base, folder))
    if ((await editor.tell('information', words, use)) === use) await editor.copy(python)
  })

const stepWords = ({ editor }: App, purpose: ReturnType<typeof restoreSteps>[number]['purpose']): string =>
  ({
    create_environment: editor.t('making a virtual environment'),
    install_packages: editor.t('installing exactly what is pinned'),
    add_kernel_package: editor.t('adding ipykernel'),
    register_kernel: editor.t('making a kernel of it'),
  })[purpose]

/** How uv is called: on the path, where its installer puts it, or as the chosen Python brings it. Throws `uv_not_found`. */
const findUv = async (app: App): Promise<readonly string[]> => {
  const { platform, editor } = app
  const home = editor.environment['HOME'] ?? editor.environment['USERPROFILE']
  const installed = home === undefined ? [] : [path.join(home, '.local/bin', platform.windows ? 'uv.exe' : 'uv')]
  const python = await interpreterFor(app, placeOf(app).path)
  const found = await platform.firstCommand([['uv'], ...installed.map((each) => [each]), [python, '-m', 'uv']])
  if (found === null) throw new NovaBrainError('uv_not_found')
  return found
}

const digestOf = (given: unknown): string | null =>
  typeof given === 'object' && given !== null && 'pinDigest' in given && typeof given.pinDigest === 'string'
    ? given.pinDigest
    : null

const chooseDigest = async ({ editor }: App, live: Live): Promise<string | null> => {
  const { items } = await live.client.listEnvironmentPins({
    params: { projectId: live.projectId },
    query: { limit: 50 },
  })
  if (items.length === 0) {
    await editor.tell('information', editor.t('No environment was pinned in {0} yet.', live.projectName))
    return null
  }
  const { duration } = stringsOf(editor.locale)
  const list = editor.pick({
    title: editor.t('Restore which environment?'),
    items: items.map((pin) => ({
      label: `Python ${pin.pythonVersion} · ${editor.t('{0} packages', pin.packageCount)}`,
      description: `${pin.digest.slice(0, 12)} · ${formatAge(pin.createdAt, Date.now(), duration, editor.locale)}`,
      value: pin.digest,
    })),
  })
  const [chosen = null] = (await list.chosen()) ?? []
  list.close()
  return chosen
}
