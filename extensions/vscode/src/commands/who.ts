import { NovaBrainError } from '@novabrain/contracts'
import type { App } from '../app.js'
import { signInWithBrowser } from '../sign-in/browser.js'
import { signInWithDeviceCode } from '../sign-in/device-code.js'
import { withLive } from './jobs.js'
import { tellError } from './tell-error.js'

type Way = 'browser' | 'device' | 'key'

/** Sign in: with the browser, with a code on another device, or with a key. */
export const signIn = async (app: App, given: unknown): Promise<unknown> => {
  const { editor, session } = app
  if (editor.environment['NOVABRAIN_TOKEN']) {
    await session.restart()
    return session.state.kind === 'signed_in'
      ? undefined
      : editor.tell(
          'warning',
          editor.t(
            'NOVABRAIN_TOKEN is set in the environment of the editor, and {0} does not accept it.',
            session.serverUrl,
          ),
        )
  }
  const way = wayOf(given) ?? (await chooseWay(app))
  if (way === null) return
  try {
    const token = await ways[way](app)
    if (token === null) return
    await session.keepToken(token)
    if (session.state.kind === 'signed_out') await tellError(app, new NovaBrainError('api_key_invalid'))
  } catch (error) {
    await tellError(app, error)
  }
}

const ways: Readonly<Record<Way, (app: App) => Promise<string | null>>> = {
  browser: signInWithBrowser,
  device: signInWithDeviceCode,
  key: ({ editor }) =>
    editor.ask({
      title: editor.t('API key'),
      prompt: editor.t('Made by an owner, or by: novabrain keys create NAME'),
      password: true,
    }),
}

const wayOf = (given: unknown): Way | null =>
  given === 'browser' || given === 'device' || given === 'key' ? given : null

const chooseWay = async ({ editor, session }: App): Promise<Way | null> => {
  const list = editor.pick<Way>({
    title: editor.t('Sign in to {0}', session.serverUrl),
    items: [
      {
        label: `$(globe) ${editor.t('With the browser')}`,
        description: editor.t('opens the sign-in page and comes back'),
        value: 'browser',
      },
      {
        label: `$(device-mobile) ${editor.t('With a code')}`,
        description: editor.t('where this machine has no browser'),
        value: 'device',
      },
      { label: `$(key) ${editor.t('With an API key')}`, description: editor.t('paste it here'), value: 'key' },
    ],
  })
  const [way = null] = (await list.chosen()) ?? []
  list.close()
  return way
}

export const signOut = async ({ editor, session }: App): Promise<unknown> => {
  if (editor.environment['NOVABRAIN_TOKEN'])
    return editor.tell(
      'information',
      editor.t('The key comes from NOVABRAIN_TOKEN; unset it and start the editor again to sign out.'),
    )
  return session.signOut()
}

/** Choose the project of this window. */
export const selectProject = (app: App): Promise<unknown> =>
  withLive(app, async (live) => {
    const { editor, session } = app
    const list = editor.pick({
      title: editor.t('Which project?'),
      items: live.me.projects.map(({ project, role }) => ({
        label: project.name,
        description: project.id === live.projectId ? `${role} · ${editor.t('shown now')}` : role,
        value: project.name,
      })),
    })
    const [name] = (await list.chosen()) ?? []
    list.close()
    if (name === undefined) return
    await editor.memory.set('workspace', 'project', name)
    await session.restart()
  })

/** A link `…/sign-in?server=…`: take over the address, after asking, and sign in. */
export const followSignInLink = async (app: App, server: string): Promise<void> => {
  const { editor, session } = app
  if (!/^https?:\/\/[^\s/@]+(:\d+)?(\/[^\s?#@]*)?$/.test(server))
    return void (await editor.tell(
      'error',
      editor.t('The link names no address of a server: {0}', server.slice(0, 200)),
    ))
  const same = session.serverUrl === server.replace(/\/+$/, '')
  const detail = editor.t('Code that you run and the key of your sign-in go to this server.')
  if (
    !same &&
    !(await editor.confirm(editor.t('Use the NovaBrain server at {0}?', server), detail, editor.t('Use it')))
  )
    return
  if (!same) await editor.keepServerUrl(server)
  if ((await session.live()) === null) await signIn(app, 'browser')
}
