import { pathOf, routes, type Access, type Route } from '@novabrain/contracts'
import { startApp, type Account, type Caller, type TestApp } from '../support/app.js'

let server: TestApp
let stranger: Account
let outsider: Caller
let viewer: Caller
let editor: Caller
beforeAll(async () => {
  server = await startApp({ background: false })
  stranger = await server.addTenant('stranger')
  outsider = await server.addMember('outsider', null)
  viewer = await server.addMember('viewer', 'viewer')
  editor = await server.addMember('editor', 'editor')
})
afterAll(() => server.close())

/** Every route of the table by its name; a new route is here by itself. */
const table = Object.entries(routes).map(([name, route]): [string, Route] => [name, route])
const withAccess = (...wanted: Access[]): [string, Route][] => table.filter(([, { access }]) => wanted.includes(access))
const ofProject = withAccess('viewer', 'editor', 'admin')

/** Parameters that look right, so that only the rights can be what is wrong. */
const paramsFor = (route: Route): Record<string, string> => {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const value = (name: string) =>
    name === 'projectId' ? server.owner.project.id : name === 'digest' ? 'd'.repeat(64) : 'a'.repeat(32)
  return Object.fromEntries(names.map((name) => [name, value(name)]))
}

const call = async (route: Route, token: string | null): Promise<{ status: number; body: string; code: string }> => {
  const sendsBody = route.method !== 'GET' && route.body !== undefined
  const response = await fetch(server.url + pathOf(route, paramsFor(route)), {
    method: route.method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(sendsBody
        ? { 'content-type': route.bodyKind === 'bytes' ? 'application/octet-stream' : 'application/json' }
        : {}),
    },
    ...(sendsBody ? { body: '{}' } : {}),
  })
  const body = await response.text()
  return { status: response.status, body, code: codeOf(body) }
}

const codeOf = (body: string): string => {
  try {
    return String((JSON.parse(body) as { code?: unknown }).code)
  } catch {
    return 'no JSON'
  }
}

test('the table has routes to test, and each names its project in its path', () => {
  expect(ofProject.length).toBeGreaterThan(20)
  expect(ofProject.filter(([, { path }]) => !path.includes(':projectId'))).toEqual([])
  expect(table.filter(([, { path, access }]) => path.includes(':projectId') && access === 'member')).toEqual([])
})

test('every route of the table is served', () => {
  const served = new Set(server.served.map(({ method, path }) => `${method} ${path}`))
  expect(table.filter(([, { method, path }]) => !served.has(`${method} ${path}`)).map(([name]) => name)).toEqual([])
})

describe.each(ofProject)('%s', (_name, route) => {
  test('answers its owner (or finds fault with the request itself)', async () => {
    const { code, status } = await call(route, server.owner.token)
    expect(status).not.toBe(401)
    expect(status).not.toBe(403)
    expect(code).not.toBe('project_not_found')
  })

  test('does not exist for a stranger of another tenant, who learns nothing', async () => {
    const { status, code, body } = await call(route, stranger.token)
    expect([status, code]).toEqual([404, 'project_not_found'])
    expect(body).not.toContain(server.owner.project.id)
    expect(body).not.toContain(server.owner.tenantId)
  })

  test('does not exist for somebody of the tenant who is not in the project', async () => {
    expect(await call(route, outsider.token)).toMatchObject({ status: 404, code: 'project_not_found' })
  })

  test('asks the anonymous to sign in', async () => {
    expect(await call(route, null)).toMatchObject({ status: 401, code: 'unauthenticated' })
  })
})

test.each(withAccess('editor', 'admin'))('%s is not for viewers', async (_name, route) => {
  expect(await call(route, viewer.token)).toMatchObject({ status: 403, code: 'permission_denied' })
})

test.each(withAccess('admin'))('%s is not for editors', async (_name, route) => {
  expect(await call(route, editor.token)).toMatchObject({ status: 403, code: 'permission_denied' })
})

test.each(withAccess('tenant'))('%s is only for owners of the tenant', async (_name, route) => {
  expect(await call(route, editor.token)).toMatchObject({ status: 403, code: 'permission_denied' })
  expect(await call(route, null)).toMatchObject({ status: 401, code: 'unauthenticated' })
})

test.each(withAccess('member'))('%s asks the anonymous to sign in', async (_name, route) => {
  expect(await call(route, null)).toMatchObject({ status: 401, code: 'unauthenticated' })
})

test.each(withAccess('attempt'))(
  '%s is only for the runner of the attempt, not even for the owner',
  async (_name, route) => {
    expect(await call(route, server.owner.token)).toMatchObject({ status: 401, code: 'attempt_token_invalid' })
    expect(await call(route, null)).toMatchObject({ status: 401, code: 'unauthenticated' })
    const forged = `nba_${'a'.repeat(32)}_${'A'.repeat(43)}`
    expect(await call(route, forged)).toMatchObject({ status: 401, code: 'attempt_token_invalid' })
  },
)

/** What anybody may read, beside the routes of the table: pages and figures without a word about anybody's work. */
const openToAll = [/^\/docs(\/|$)/, /^\/metrics$/, /^\/health$/, /^\/version$/, /\/mlflow\/server-info$/, /^\*$/]

test("whatever else is served asks the anonymous to sign in, MLflow's addresses too", async () => {
  const inTable = new Set(table.map(([, { method, path }]) => `${method} ${path}`))
  const others = server.served.filter(
    ({ method, path, access }) =>
      method !== 'HEAD' &&
      method !== 'OPTIONS' &&
      access !== 'anyone' &&
      !inTable.has(`${method} ${path}`) &&
      !openToAll.some((pattern) => pattern.test(path)),
  )
  const answers = await Promise.all(
    others.map(async ({ method, path }) => {
      const address = path.replace(/:\w+/g, 'a'.repeat(32)).replace('*', 'file.txt')
      const response = await fetch(server.url + address, { method })
      return { address: `${method} ${path}`, status: response.status }
    }),
  )
  expect(others.length).toBeGreaterThan(10)
  expect(answers.filter(({ status }) => status !== 401)).toEqual([])
})
