import { captureEnvironment, cardError, sentences } from '@novabrain/contracts'
import type { App } from '../app.js'
import { interpreterFor } from '../capture/source.js'

interface Finding {
  readonly what: string
  readonly good: boolean
  readonly detail: string
}

/** Try every part a run needs, and say of each whether it works and what to do. */
export const diagnose = async (app: App): Promise<unknown> => {
  const { editor } = app
  const findings = await editor.progress('notification', editor.t('Trying everything a run needs'), async () => [
    await serverFinding(app),
    await sessionFinding(app),
    await pythonFinding(app),
    trustFinding(app),
  ])
  const lines = findings.map(({ what, good, detail }) => `- ${good ? '✓' : '✗'} **${what}**: ${detail}`)
  const versions = `NovaBrain ${editor.extensionVersion} · ${editor.name}`
  return editor.showText('diagnosis.md', 'markdown', [`# NovaBrain`, versions, ...lines].join('\n\n'))
}

const finding = async (app: App, what: string, look: () => Promise<string>): Promise<Finding> => {
  try {
    return { what, good: true, detail: await look() }
  } catch (error) {
    const { message, remedy } = cardError(error, app.editor.locale)
    return { what, good: false, detail: sentences([message, remedy], app.editor.locale) }
  }
}

const serverFinding = (app: App) =>
  finding(app, app.editor.t('Server'), async () => {
    const { serverVersion, status } = await app.session.anonymous().ready()
    return `${app.session.serverUrl} · ${serverVersion} · ${status}`
  })

const sessionFinding = async ({ editor, session }: App): Promise<Finding> => {
  const live = await session.live()
  const what = editor.t('Sign-in')
  if (live === null) return { what, good: false, detail: editor.t('Not signed in: run “NovaBrain: Sign in”.') }
  return { what, good: true, detail: `${live.me.member.name} · ${live.projectName} · ${live.role}` }
}

const pythonFinding = (app: App) =>
  finding(app, 'Python', async () => {
    const { editor, platform } = app
    // Python looks for modules in its folder first, so that asking it would run what lies there.
    if (!editor.trusted) throw new Error(untrustedWords(app))
    const place = editor.documents.active()?.path ?? `${editor.folders[0] ?? editor.storageFolder}/x.py`
    const interpreter = await interpreterFor(app, place)
    const host = platform.python(interpreter, editor.folders[0] ?? editor.storageFolder)
    if (host === null) return editor.t('This editor runs in a browser; running needs one with Python beside it.')
    const { capture } = await captureEnvironment(host)
    return `${interpreter} · Python ${capture.pythonVersion} · ${editor.t('{0} packages', capture.distributions.length)}`
  })

const trustFinding = (app: App): Finding => ({
  what: app.editor.t('Trust'),
  good: app.editor.trusted,
  detail: app.editor.trusted ? app.editor.t('This folder is trusted.') : untrustedWords(app),
})

const untrustedWords = ({ editor }: App): string =>
  editor.t('This folder is not trusted, so nothing is run or uploaded from it.')
