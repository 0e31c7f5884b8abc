import type { App } from '../../extensions/vscode/src/app.js'
import { addressOf, kernelServers } from '../../extensions/vscode/src/notebook/kernel-servers.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { aMe, anApp, anEditor, aPlatform, aServer, refusal, type Answers } from './an-editor.js'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

const appWith = (answers: Answers, token: string | null = 'nb_kept'): App => {
  const { editor, secrets } = anEditor({ locale: 'zh-CN' })
  if (token !== null) secrets.set('token:http://nova.test', token)
  const session = createSession(editor, aPlatform(answers).platform)
  disposals.push(() => session.dispose())
  return anApp({ editor, session })
}
const [vision, speech] = aMe().projects.map(({ project }) => project.id)

test('the projects one may run something in are servers, chosen or not', async () => {
  expect(await kernelServers(appWith(aServer()))).toEqual([{ id: vision, label: 'NovaBrain · vision' }])
  const owner = aMe({ member: { ...aMe().member, tenantOwner: true } })
  const servers = await kernelServers(appWith(aServer({ 'GET /v1/me': owner })))
  expect(servers.map(({ id }) => id)).toEqual([vision, speech])
})

test.each([
  ['is signed out', aServer(), null],
  ['is in no project', aServer({ 'GET /v1/me': aMe({ projects: [] }) }), 'nb_kept'],
] as const)('who %s has none', async (_who, answers, token) => {
  expect(await kernelServers(appWith(answers, token))).toEqual([])
})

test('that the server is away does not mean that there are none', async () => {
  const app = appWith({ 'GET /v1/me': refusal('not_ready', 503) })
  await expect(kernelServers(app)).rejects.toThrow('http://nova.test does not answer')
})

test('a server is reached with the key, and names its kernels in the language of the editor', async () => {
  expect(await addressOf(appWith(aServer()), { id: 'p', label: '' })).toEqual({
    url: 'http://nova.test/jupyter/p',
    token: 'nb_kept',
    headers: { Authorization: 'token nb_kept', 'Accept-Language': 'zh-CN' },
  })
})
