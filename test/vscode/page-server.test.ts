import { NovaBrainError, UnreachableError } from '@novabrain/contracts'
import { pageRoutes, type FromPage, type PageTarget, type ToPage } from '../../extensions/vscode/src/bridge.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { servePage } from '../../extensions/vscode/src/views/page-server.js'
import { createPageHost } from '../../extensions/vscode/src/webview/page-host.js'
import { aJob } from '../contracts/a-job.js'
import { anApp, anEditor, aPlatform, aServer, projectId, refusal, settled, until, type Answers } from './an-editor.js'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

const job = aJob(1, 'running')
const base = `/v1/projects/${projectId}`
const target: PageTarget = { kind: 'run', runId: job.runId, tab: 'overview' }

/** A page and the extension host, with everything between them carried as a message is. */
const page = (answers: Answers = {}, token: string | null = 'nb_kept') => {
  const fake = anEditor()
  if (token !== null) fake.secrets.set('token:http://nova.test', token)
  const network = aPlatform(aServer({ [`GET ${base}/jobs/${job.id}`]: job, ...answers }))
  const session = createSession(fake.editor, network.platform)
  const posted: ToPage[] = []
  const titles: string[] = []
  let say: (message: FromPage) => void = () => undefined
  const host = createPageHost((message) => say(structuredClone(message)))
  const served = servePage(
    anApp({ editor: fake.editor, platform: network.platform, session }),
    {
      post(message) {
        const carried = structuredClone(message)
        posted.push(carried)
        if (carried.type === 'start') host.begin(carried.start)
        host.hear(carried)
      },
      onMessage(listener) {
        say = listener
        return () => (say = () => undefined)
      },
      setTitle: (title) => void titles.push(title),
    },
    target,
  )
  disposals.push(() => (served.dispose(), session.dispose()))
  const of = <T extends ToPage['type']>(type: T) =>
    posted.filter((message): message is Extract<ToPage, { type: T }> => message.type === type)
  const start = async () => {
    say({ type: 'ready' })
    await until(() => of('start').length + of('absent').length > 0)
  }
  return {
    ...fake,
    ...network,
    session,
    served,
    say: (message: FromPage) => say(message),
    host: host.host,
    posted,
    titles,
    of,
    start,
  }
}
const call = (route: string, input: unknown): FromPage => ({ type: 'call', id: 1, route: route as 'getJob', input })

describe('what a page is given', () => {
  test('it begins when it is ready, with its target and project, and without address or token', async () => {
    const p = page()
    expect(p.posted).toEqual([])
    await p.start()
    await settled()
    expect(p.of('start')).toHaveLength(1)
    expect(p.of('start')[0]?.start).toMatchObject({ target, projectId, role: 'editor', locale: 'en' })
    expect(JSON.stringify(p.posted)).not.toMatch(/nb_kept|nova\.test/)
  })

  test('its tab is called as the job is, also when the list has not heard of it, or as the run that has none', async () => {
    const named = async (ofRun: object | null) => {
      const p = page({ [`GET ${base}/runs/${job.runId}`]: { name: 'train', job: ofRun } })
      await p.start()
      await until(() => p.titles.length > 0)
      return p.titles
    }
    expect(await named({ id: job.id, number: 7, status: 'running' })).toEqual(['#7 train'])
    expect(await named(null)).toEqual(['train'])
  })

  test('signed out, it is told so in words with one button', async () => {
    const p = page({}, null)
    await p.start()
    expect(p.of('absent')).toEqual([expect.objectContaining({ heading: 'Signed out', button: 'Sign in' })])
  })

  test('signing in while it is open begins it', async () => {
    const p = page({}, null)
    await p.start()
    await p.session.keepToken('nb_new')
    await until(() => p.of('start').length === 1)
  })

  test('answers come back as the server gave them', async () => {
    const p = page()
    await p.start()
    expect(await p.host.client.getJob({ params: { projectId, jobId: job.id } })).toEqual(job)
  })

  test('bytes cross the bridge as bytes', async () => {
    const log = new Uint8Array([0, 255, 10])
    const p = page({ [`GET ${base}/jobs/${job.id}/attempts/${job.id}/log`]: log })
    await p.start()
    const params = { projectId, jobId: job.id, attemptId: job.id }
    expect([...(await p.host.client.readLog({ params, query: { offset: 0 } }))]).toEqual([...log])
  })
})

describe('what a page reaches', () => {
  test('only routes that are listed, and none that manages people, keys or projects', async () => {
    const p = page()
    await p.start()
    const asked = p.asked.length
    for (const route of ['createApiKey', 'listMembers', 'getMe', 'deleteRun', 'constructor', '__proto__', 'toString'])
      p.say(call(route, {}))
    await until(() => p.of('fault').length === 7)
    expect(p.asked).toHaveLength(asked)
    expect(p.of('fault').every(({ fault }) => fault.kind === 'other')).toBe(true)
    expect([...pageRoutes].filter((route) => /key|member|project|tenant|authorization|token/i.test(route))).toEqual([])
  })

  test('only its own project, whatever project it names', async () => {
    const p = page()
    await p.start()
    p.say(call('getJob', { params: { projectId: 'c'.repeat(32), jobId: job.id } }))
    await until(() => p.of('answer').length === 1)
    const paths = p.asked.map(({ path }) => path).filter((path) => path.startsWith('/v1/projects/'))
    expect(paths.every((path) => path.startsWith(`${base}/`))).toBe(true)
  })

  test('no other path by way of a parameter', async () => {
    const p = page()
    await p.start()
    p.say(call('getJob', { params: { projectId, jobId: `../../${'c'.repeat(32)}/jobs/1?x=` } }))
    await until(() => p.of('fault').length === 1)
    const last = p.asked.at(-1)?.url ?? ''
    expect(last.startsWith(`http://nova.test${base}/jobs/..%2F..%2F`)).toBe(true)
  })

  test('nothing after it was closed', async () => {
    const p = page()
    await p.start()
    const asked = p.asked.length
    p.served.dispose()
    p.say(call('getJob', { params: { projectId, jobId: job.id } }))
    await settled()
    expect(p.asked).toHaveLength(asked)
  })

  test('files of the workspace only', async () => {
    const p = page()
    await p.start()
    for (const path of ['../secret', '/etc/passwd', 'a\\b', 'src/../../x']) p.say({ type: 'open_file', path })
    await until(() => p.told.length === 4)
    expect(p.opened).toEqual([])
    p.say({ type: 'open_file', path: 'src/train.py', line: 3 })
    await until(() => p.opened.length === 1)
    expect(p.opened).toEqual(['/home/ada/study/src/train.py'])
  })

  test('pages of the documentation only, at its own server', async () => {
    const p = page()
    await p.start()
    p.say({ type: 'open_docs', path: 'https://evil.test/' })
    p.say({ type: 'open_docs', path: '.evil.test/docs/' })
    p.say({ type: 'open_docs', path: '/docs/errors#job_not_found' })
    await until(() => p.opened.length > 0)
    expect(p.opened).toEqual(['http://nova.test/docs/errors#job_not_found'])
  })
})

describe('faults survive the bridge', () => {
  test('an answer of the catalogue keeps its code, its data and its words', async () => {
    const p = page({ [`GET ${base}/jobs/${job.id}`]: refusal('job_not_found', 404) })
    await p.start()
    const error = await p.host.client.getJob({ params: { projectId, jobId: job.id } }).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(NovaBrainError)
    expect(error).toMatchObject({ code: 'job_not_found', status: 404, body: { docs: '/docs/errors#job_not_found' } })
  })

  test('no answer is no answer', async () => {
    const p = page({ [`GET ${base}/jobs/${job.id}`]: () => Promise.reject(new Error('ECONNRESET')) })
    await p.start()
    await expect(p.host.client.getJob({ params: { projectId, jobId: job.id } })).rejects.toBeInstanceOf(
      UnreachableError,
    )
  })

  test('what waits when the session begins anew is told that it will not come', async () => {
    const p = page({ [`GET ${base}/jobs/${job.id}`]: () => new Promise(() => undefined) })
    await p.start()
    const waiting = p.host.client.getJob({ params: { projectId, jobId: job.id } })
    const told = expect(waiting).rejects.toBeInstanceOf(UnreachableError)
    await p.session.restart()
    await told
  })
})

test('events are passed on while somebody listens, and not after', async () => {
  const p = page()
  await p.start()
  const heard: string[] = []
  const end = p.host.events.subscribe([], ({ type }) => heard.push(type))
  const socket = p.sockets[0]?.socket
  socket?.onopen?.()
  await settled()
  const say = (frame: object) => socket?.onmessage?.(JSON.stringify(frame))
  say({ type: 'ready', cursor: 1, serverVersion: '3.1.0' })
  say({ type: 'event', record: { cursor: 2, at: '', projectId, event: { type: 'job_changed', job } } })
  expect(heard).toContain('event')
  expect(p.of('connection').at(-1)?.connection.state).toBe('online')
  end()
  const count = heard.length
  say({ type: 'event', record: { cursor: 3, at: '', projectId, event: { type: 'job_changed', job } } })
  expect(heard).toHaveLength(count)
})
