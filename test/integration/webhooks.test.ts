/** Messages to webhooks, to a receiver that is real: once they are written down they arrive, whoever ends in between. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { systemScope } from '../../server/src/deps.js'
import { createWebhookDeliverer } from '../../server/src/modules/webhooks/deliverer.js'
import { webhookRepository } from '../../server/src/modules/webhooks/repository.js'
import { signatureOf } from '../../server/src/modules/webhooks/signature.js'
import { startApp, type TestApp } from '../support/app.js'
import { fakeClock } from '../support/clock.js'
import { mlflowWire } from '../support/mlflow-wire.js'

const secret = 'only the two of us know'

interface Heard {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A receiver that notes what it is sent, and answers as it is told to. */
const startReceiver = async () => {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  let answer = (_request: Heard, response: ServerResponse): unknown => response.writeHead(204).end()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      heard.push(one)
      answer(one, response)
      for (const look of waiting) look()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    heard,
    answers: (how: typeof answer) => (answer = how),
    /** Resolves when so much was heard at a path. */
    until: (path: string, count: number): Promise<readonly Heard[]> =>
      new Promise((resolve) => {
        const look = () => {
          const found = heard.filter((each) => each.path === path)
          if (found.length < count) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

let receiver: Awaited<ReturnType<typeof startReceiver>>
let app: TestApp
beforeAll(async () => {
  receiver = await startReceiver()
  app = await startApp({ config: { webhookAllowedHosts: ['127.0.0.1'] } })
})
afterAll(async () => {
  await app.close()
  receiver.close()
})

const listen = (path: string, events: readonly string[], more: object = {}) =>
  mlflowWire(app.url, app.owner.token).post('/webhooks', {
    name: 'listener',
    url: `${receiver.url}${path}`,
    events: events.map((event) => {
      const [entity = '', action = ''] = event.toUpperCase().split('.')
      return { entity, action }
    }),
    ...more,
  })
const idOf = (made: Awaited<ReturnType<typeof listen>>): string => made.body['webhook'].webhook_id as string

const aModel = (name: string) =>
  app.services.modelRegistry.createModel(app.owner.scope, { name, description: null, tags: [] })
const log = async (webhookId: string) =>
  (await app.owner.client.listWebhookDeliveries({ params: { projectId: app.owner.project.id, webhookId }, query: {} }))
    .items

const settled = async (webhookId: string) => {
  for (;;) {
    const items = await log(webhookId)
    if (items.length > 0 && items.every(({ endedAt }) => endedAt !== null)) return items
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a message arrives signed, and the log says so', async () => {
  const id = idOf(await listen('/signed', ['registered_model.created'], { secret }))
  await aModel('signed')
  const [message] = await receiver.until('/signed', 1)
  const headers = message?.headers ?? {}
  const signature = signatureOf(secret, {
    id: String(headers['x-mlflow-delivery-id']),
    timestamp: String(headers['x-mlflow-timestamp']),
    body: message?.body ?? '',
  })
  expect(headers['x-mlflow-signature']).toBe(signature)
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    entity: 'registered_model',
    action: 'created',
    data: { name: 'signed' },
    workspace: 'default',
  })
  expect(await settled(id)).toMatchObject([
    { id: headers['x-mlflow-delivery-id'], state: 'delivered', tries: 1, responseStatus: 204, error: null },
  ])
})

test('a receiver that is busy is asked again, with the same id and another time', async () => {
  const id = idOf(await listen('/busy', ['registered_model.created']))
  receiver.answers(({ path }, response) =>
    response.writeHead(receiver.heard.filter((each) => each.path === path).length === 1 ? 503 : 200).end(),
  )
  await aModel('retried')
  const [first, second] = await receiver.until('/busy', 2)
  expect(second?.headers['x-mlflow-delivery-id']).toBe(first?.headers['x-mlflow-delivery-id'])
  expect(second?.body).toBe(first?.body)
  expect(await settled(id)).toMatchObject([{ state: 'delivered', tries: 2, responseStatus: 200 }])
})

test('a receiver that says no is not asked again, and nobody is sent on by a redirect', async () => {
  const refused = idOf(await listen('/refused', ['registered_model.created']))
  const moved = idOf(await listen('/moved', ['registered_model.created']))
  receiver.answers(({ path }, response) =>
    path === '/moved'
      ? response.writeHead(307, { location: `${receiver.url}/inside` }).end()
      : response.writeHead(path === '/refused' ? 410 : 200).end(),
  )
  await aModel('refused')
  expect(await settled(refused)).toMatchObject([{ state: 'failed', tries: 1, responseStatus: 410 }])
  expect(await settled(moved)).toMatchObject([{ state: 'failed', tries: 1, responseStatus: 307 }])
  expect(receiver.heard.filter(({ path }) => path === '/inside')).toEqual([])
})

test('a change that was taken back is told to nobody', async () => {
  const id = idOf(await listen('/rolled-back', ['registered_model.created']))
  await expect(aModel('refused')).rejects.toThrow(/already exists/)
  expect(await log(id)).toEqual([])
})

test('a project hears of itself alone', async () => {
  const rival = await app.addTenant('rival')
  const id = idOf(await listen('/own', ['registered_model.created']))
  await app.services.modelRegistry.createModel(rival.scope, { name: 'theirs', description: null, tags: [] })
  expect(await log(id)).toEqual([])
})

test('one that is disabled gives up what waits for it, and one that is deleted takes its messages along', async () => {
  const wire = mlflowWire(app.url, app.owner.token)
  const id = idOf(await listen('/down', ['registered_model.created']))
  receiver.answers((_, response) => response.writeHead(503).end())
  await aModel('given-up')
  await receiver.until('/down', 1)
  const patched = await fetch(`${app.url}/api/2.0/mlflow/webhooks/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${app.owner.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'DISABLED' }),
  })
  expect(patched.status).toBe(200)
  expect(await log(id)).toMatchObject([{ state: 'failed', error: 'the webhook was disabled', nextTryAt: null }])
  await app.services.webhooks.delete(app.owner.scope, id)
  expect((await wire.get(`/webhooks/${id}`)).status).toBe(404)
})

test('only admins manage them', async () => {
  const editor = await app.addMember('editor', 'editor')
  const wire = mlflowWire(app.url, editor.token)
  expect((await wire.get('/webhooks')).body).toMatchObject({ error_code: 'PERMISSION_DENIED' })
  const admin = await app.addMember('admin', 'admin')
  expect((await mlflowWire(app.url, admin.token).get('/webhooks')).status).toBe(200)
})

test('what is inside is no target, unless it is allowed', async () => {
  const made = await mlflowWire(app.url, app.owner.token).post('/webhooks', {
    name: 'metadata',
    url: 'https://169.254.169.254/latest',
    events: [{ entity: 'PROMPT', action: 'CREATED' }],
  })
  expect([made.status, made.body['message']]).toEqual([
    400,
    "Webhook URL must not resolve to a non-public IP address. '169.254.169.254' resolves to 169.254.169.254.",
  ])
})

test('a secret is nowhere to be read: not in an answer, not in the database, not in the audit', async () => {
  const made = await listen('/quiet', ['prompt.created'], { secret })
  const told = await mlflowWire(app.url, app.owner.token).get(`/webhooks/${idOf(made)}`)
  const rows: unknown[] = await app.foundation.database.transaction(systemScope, (tx) =>
    tx.query(
      `SELECT w.*, encode(secret, 'escape') FROM webhooks w UNION ALL SELECT w.*, encode(secret, 'base64') FROM webhooks w`,
    ),
  )
  const audit = await app.owner.client.listAuditEvents({ query: {} })
  expect(audit.items.map(({ action }) => action)).toContain('webhook.create')
  for (const text of [made.body, told.body, rows, audit]) expect(JSON.stringify(text)).not.toContain(secret)
})

describe('without a server that sends', () => {
  let quiet: TestApp
  const clock = fakeClock()
  beforeAll(async () => {
    quiet = await startApp({
      background: false,
      config: { webhookAllowedHosts: ['127.0.0.1'] },
      clock,
    })
    receiver.answers((_, response) => response.writeHead(200).end())
  })
  afterAll(() => quiet.close())

  const anotherServer = () =>
    createWebhookDeliverer({
      ...quiet.foundation,
      secrets: quiet.services.secrets,
      feed: { listen: () => () => undefined, lastCursor: () => 0, prunedCursor: () => 0, recent: () => [] },
    })

  test('a message waits, survives who took it and died, and is then sent by another', async () => {
    const { scope } = quiet.owner
    const webhook = await quiet.services.webhooks.create(scope, {
      name: 'patient',
      url: `${receiver.url}/patient`,
      events: ['registered_model.created'],
      description: null,
      secret: null,
      status: 'ACTIVE',
    })
    await quiet.services.modelRegistry.createModel(scope, { name: 'survivor', description: null, tags: [] })
    const { database } = quiet.foundation
    // What a server leaves that was killed after it took the message.
    const taken = await database.transaction(systemScope, (tx) =>
      webhookRepository.claim(tx, { nowMs: clock.nowMs(), untilMs: clock.nowMs() + 45_000, busy: [], limit: 10 }),
    )
    expect(taken).toHaveLength(1)
    const first = anotherServer()
    await first.start()
    await first.stop()
    expect(receiver.heard.filter(({ path }) => path === '/patient')).toEqual([])
    clock.advance(45_001)
    const second = anotherServer()
    await second.start()
    const [message] = await receiver.until('/patient', 1)
    await second.stop()
    expect(message?.headers['x-mlflow-delivery-id']).toBe(taken[0]?.id)
    const { items } = await quiet.services.webhooks.deliveries(scope, webhook.id, {})
    expect(items).toMatchObject([{ state: 'delivered', tries: 2 }])
  })

  test('two that send at once share the work, and no receiver holds up another', async () => {
    const { scope } = quiet.owner
    for (const path of ['/slow', '/fast'])
      await quiet.services.webhooks.create(scope, {
        name: 'one-of-two',
        url: `${receiver.url}${path}`,
        events: ['prompt.created'],
        description: null,
        secret: null,
        status: 'ACTIVE',
      })
    const held: ServerResponse[] = []
    receiver.answers(({ path }, response) => (path === '/slow' ? held.push(response) : response.writeHead(200).end()))
    const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    for (const name of ['one', 'two', 'three'])
      await quiet.services.modelRegistry.createModel(scope, { name, description: null, tags: prompt })
    const servers = [anotherServer(), anotherServer()]
    await Promise.all(servers.map((server) => server.start()))
    const fast = await receiver.until('/fast', 3)
    expect(new Set(fast.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(3)
    for (const response of held) response.writeHead(200).end()
    await Promise.all(servers.map((server) => server.stop()))
  })
})
