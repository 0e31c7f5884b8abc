import { NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { startApp, type TestApp } from '../support/app.js'

const spans = new tracing.InMemorySpanExporter()
const sdk = new NodeSDK({
  serviceName: 'test',
  spanProcessors: [new tracing.SimpleSpanProcessor(spans)],
  instrumentations: [],
  metricReaders: [],
  logRecordProcessors: [],
})
let server: TestApp
beforeAll(async () => {
  sdk.start()
  server = await startApp({ background: false })
})
afterAll(async () => {
  await server.close()
  await sdk.shutdown()
})

test('a request is a span named after its route, and the transactions of its handler stand below it', async () => {
  const params = { projectId: server.owner.project.id }
  await server.owner.client.listMemberships({ params })
  const name = 'GET /v1/projects/:projectId/members'
  // The span ends when the answer has left, which the client may know first.
  while (!spans.getFinishedSpans().some((span) => span.name === name)) await new Promise(setImmediate)
  const found = spans.getFinishedSpans()
  const request = found.find((span) => span.name === name)
  expect(request?.attributes).toMatchObject({ 'http.request.method': 'GET', 'http.response.status_code': 200 })
  const below = found.filter(({ parentSpanContext }) => parentSpanContext?.spanId === request?.spanContext().spanId)
  expect(below.map((span) => span.name)).toContain('database transaction')
  expect(new Set(below.map((span) => span.spanContext().traceId))).toEqual(new Set([request?.spanContext().traceId]))
})

test('a trace holds no project, no person and no token', async () => {
  await server.owner.client.getMe()
  const told = JSON.stringify(spans.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes })))
  for (const secret of [server.owner.token, server.owner.project.id, server.owner.member.id])
    expect(told).not.toContain(secret)
})
