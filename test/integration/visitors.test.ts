/** Who is counted as somebody that looks, and for how long. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { startApp, type TestApp } from '../support/app.js'

let app: TestApp
let inside: Set<object>
let came: number

beforeAll(async () => {
  app = await startApp({ background: false })
  const { visitors } = app.foundation
  const come = visitors.come.bind(visitors)
  visitors.come = () => {
    const [leave, one] = [come(), {}]
    came += 1
    inside.add(one)
    return () => {
      inside.delete(one)
      leave()
    }
  }
})
beforeEach(() => {
  came = 0
  inside = new Set()
})
afterAll(() => app.close())

const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}${path}`, { headers })
const asMember = () => ({ authorization: `Bearer ${app.owner.token}` })
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a member who asks is a visitor until the answer is there', async () => {
  expect((await ask('/v1/me', asMember())).status).toBe(200)
  await until(() => inside.size === 0)
  expect(came).toBe(1)
})

test('a probe and whoever is refused are none', async () => {
  expect((await ask('/health/live')).status).toBe(200)
  expect((await ask('/v1/me')).status).toBe(401)
  expect(came).toBe(0)
})

test('who goes away before the answers to several requests came is no visitor any more', async () => {
  const { hostname, port } = new URL(app.url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  const request = `GET /v1/me HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${app.owner.token}\r\n\r\n`
  socket.write(request.repeat(5))
  await until(() => came > 0)
  socket.destroy()
  await until(() => came === 5 && inside.size === 0)
  expect(inside.size).toBe(0)
})
