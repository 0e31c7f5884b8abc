import { createHash, randomBytes } from 'node:crypto'
import { NovaBrainError, type CreateAuthorization, type ErrorCode } from '@novabrain/contracts'
import { startApp, type Caller, type TestApp } from '../support/app.js'
import { fakeClock, type FakeClock } from '../support/clock.js'

let server: TestApp
let clock: FakeClock
let lin: Caller
beforeAll(async () => {
  clock = fakeClock()
  server = await startApp({ background: false, clock })
  lin = await server.addMember('lin', 'editor')
})
afterAll(() => server.close())
/** An hour later every limit is over and every code is old. */
beforeEach(() => clock.advance(3_600_000))

const refusal = async (work: Promise<unknown>): Promise<ErrorCode | 'nothing was refused'> =>
  work.then(
    () => 'nothing was refused' as const,
    (error: unknown) => {
      if (error instanceof NovaBrainError) return error.code
      throw error
    },
  )

const audited = async (limit: number): Promise<{ action: string; memberId: string | null; detail: object }[]> => {
  const { items } = await server.owner.client.listAuditEvents({ query: { limit } })
  return items.map(({ action, memberId, detail }) => ({ action, memberId, detail }))
}

/** Everything that stands in the tables of sign-in, as text. */
const kept = async (): Promise<string> => {
  const rows: unknown[] = await server.foundation.dataSource.transaction(async (tx) => {
    await tx.query(`SELECT set_config('novabrain.access', 'system', true)`)
    return [
      await tx.query('SELECT d::text FROM device_authorizations d'),
      await tx.query('SELECT c::text FROM authorization_codes c'),
      await tx.query('SELECT k::text FROM api_keys k'),
    ]
  })
  return JSON.stringify(rows)
}

describe('with a code that a person enters', () => {
  const begin = (clientName = 'VS Code on lab-3') =>
    server.clientOf(null).createDeviceAuthorization({ body: { clientName } })
  const ask = (deviceCode: string) => server.clientOf(null).createDeviceToken({ body: { deviceCode } })

  test('a program is let in as the member who allowed it, by a key that expires and can be revoked', async () => {
    const begun = await begin()
    expect(begun.userCode).toMatch(/^[B-Z]{4}-[B-Z]{4}$/)
    expect(begun.verificationUriComplete).toBe(`${server.url}/#/device?code=${begun.userCode}`)
    expect(begun.verificationUri).toBe(`${server.url}/#/device`)
    await expect(ask(begun.deviceCode)).rejects.toMatchObject({
      code: 'authorization_pending',
      data: { intervalS: begun.intervalS },
    })

    const typed = begun.userCode.toLowerCase().replace('-', ' ')
    const pending = await lin.client.findDeviceAuthorization({ body: { userCode: typed } })
    expect(pending).toMatchObject({ clientName: 'VS Code on lab-3', createdAt: clock.now() })
    await lin.client.decideDeviceAuthorization({ body: { userCode: typed, decision: 'allow' } })

    const key = await ask(begun.deviceCode)
    expect(key).toMatchObject({ name: 'VS Code on lab-3', memberId: lin.member.id, expiresAt: pending.keyExpiresAt })
    expect(Date.parse(key.expiresAt ?? '') - clock.nowMs()).toBe(90 * 86_400_000)
    const program = server.clientOf(key.token)
    expect((await program.getMe()).member.id).toBe(lin.member.id)
    const listed = await lin.client.listApiKeys()
    expect(listed.items.map(({ name }) => name)).toContain('VS Code on lab-3')
    await lin.client.revokeApiKey({ params: { apiKeyId: key.id } })
    expect(await refusal(program.getMe())).toBe('api_key_invalid')
  })

  test('the key is given once', async () => {
    const { deviceCode, userCode } = await begin()
    await lin.client.decideDeviceAuthorization({ body: { userCode, decision: 'allow' } })
    const answers = await Promise.all([1, 2, 3].map(() => refusal(ask(deviceCode))))
    expect(answers.sort()).toEqual(['authorization_invalid', 'authorization_invalid', 'nothing was refused'])
  })

  test('who says no is obeyed, and nobody decides twice', async () => {
    const { deviceCode, userCode } = await begin()
    await lin.client.decideDeviceAuthorization({ body: { userCode, decision: 'deny' } })
    expect(await refusal(ask(deviceCode))).toBe('authorization_denied')
    const again = server.owner.client.decideDeviceAuthorization({ body: { userCode, decision: 'allow' } })
    expect(await refusal(again)).toBe('user_code_not_found')
    expect(await refusal(ask(deviceCode))).toBe('authorization_denied')
  })

  test('a code lives ten minutes, for the person and for the program', async () => {
    const { deviceCode, userCode, expiresInS } = await begin()
    expect(expiresInS).toBe(600)
    clock.advance(600_000)
    expect(await refusal(lin.client.findDeviceAuthorization({ body: { userCode } }))).toBe('user_code_not_found')
    const late = lin.client.decideDeviceAuthorization({ body: { userCode, decision: 'allow' } })
    expect(await refusal(late)).toBe('user_code_not_found')
    expect(await refusal(ask(deviceCode))).toBe('authorization_expired')
  })

  test('who asks too often is slowed down, and stays slowed down', async () => {
    const { deviceCode, intervalS } = await begin()
    expect(await refusal(ask(deviceCode))).toBe('authorization_pending')
    await expect(ask(deviceCode)).rejects.toMatchObject({ code: 'slow_down', data: { intervalS: intervalS + 5 } })
    clock.advance((intervalS + 1) * 1000)
    await expect(ask(deviceCode)).rejects.toMatchObject({ code: 'slow_down', data: { intervalS: intervalS + 10 } })
    clock.advance((intervalS + 10) * 1000)
    await expect(ask(deviceCode)).rejects.toMatchObject({ code: 'authorization_pending' })
  })

  test('neither code is kept as it is, and what is over is swept away', async () => {
    const begun = await begin('one that waits')
    const secret = begun.deviceCode.split('_').slice(2).join('_')
    const before = await kept()
    expect(before).toContain('one that waits')
    for (const text of [secret, begun.userCode, begun.userCode.replace('-', '')]) expect(before).not.toContain(text)
    clock.advance(600_001)
    await begin('another')
    const after = await kept()
    expect(after).toContain('another')
    expect(after).not.toContain('one that waits')
  })

  test('guessing is slowed down for a member, and begging for an address', async () => {
    for (let guess = 0; guess < 10; guess += 1)
      expect(await refusal(lin.client.findDeviceAuthorization({ body: { userCode: 'BBBB-BBBB' } }))).toBe(
        'user_code_not_found',
      )
    const { userCode } = await begin()
    expect(await refusal(lin.client.findDeviceAuthorization({ body: { userCode } }))).toBe('too_many_requests')
    const allow = lin.client.decideDeviceAuthorization({ body: { userCode, decision: 'allow' } })
    expect(await refusal(allow)).toBe('too_many_requests')
    expect((await server.owner.client.findDeviceAuthorization({ body: { userCode } })).clientName).toBeTruthy()
    for (let request = 1; request < 60; request += 1) await begin()
    expect(await refusal(begin())).toBe('too_many_requests')
  })

  test('a device code that nobody was given is not good, and guessing at it is slowed down', async () => {
    const { deviceCode } = await begin()
    const other = deviceCode.slice(0, -4) + (deviceCode.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    for (let guess = 0; guess < 20; guess += 1) expect(await refusal(ask(other))).toBe('authorization_invalid')
    expect(await refusal(ask(deviceCode))).toBe('too_many_requests')
  })

  test('a name that could deceive is refused', async () => {
    for (const name of ['', 'x'.repeat(81), 'VS\nCode', 'VS \u202eedoC'])
      expect(await refusal(begin(name))).toBe('invalid_request')
  })

  test('each step leaves its row in the audit trail', async () => {
    const [yes, no] = [await begin('wanted'), await begin('unwanted')]
    await lin.client.decideDeviceAuthorization({ body: { userCode: yes.userCode, decision: 'allow' } })
    await lin.client.decideDeviceAuthorization({ body: { userCode: no.userCode, decision: 'deny' } })
    await ask(yes.deviceCode)
    expect(await audited(3)).toMatchObject([
      { action: 'api_key_created', memberId: lin.member.id, detail: { name: 'wanted', via: 'device' } },
      { action: 'authorization_denied', memberId: lin.member.id, detail: { clientName: 'unwanted', via: 'device' } },
      { action: 'authorization_allowed', memberId: lin.member.id, detail: { clientName: 'wanted', via: 'device' } },
    ])
  })
})

describe('through the browser', () => {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const request: CreateAuthorization = {
    clientName: 'VS Code',
    redirectUri: 'vscode://novabrain.novabrain-vscode/signed-in?windowId=2',
    codeChallenge: challenge,
    state: 'a state',
  }
  const exchange = (code: string, codeVerifier = verifier) =>
    server.clientOf(null).createAuthorizationToken({ body: { code, codeVerifier } })

  test('an editor gets a key of the member who allowed it, for the code and the verifier', async () => {
    const preview = await lin.client.previewAuthorization({ body: request })
    expect(preview.deniedTo).toBe(`${request.redirectUri}&error=access_denied&state=a+state`)
    const { code, redirectTo } = await lin.client.createAuthorization({ body: request })
    expect(redirectTo).toBe(`${request.redirectUri}&code=${code}&state=a+state`)
    const key = await exchange(code)
    expect(key).toMatchObject({ name: 'VS Code', memberId: lin.member.id, expiresAt: preview.keyExpiresAt })
    expect((await server.clientOf(key.token).getMe()).member.id).toBe(lin.member.id)
  })

  test('a code is good once, whoever shows it first and with whatever', async () => {
    const first = await lin.client.createAuthorization({ body: request })
    const answers = await Promise.all([1, 2, 3].map(() => refusal(exchange(first.code))))
    expect(answers.sort()).toEqual(['authorization_invalid', 'authorization_invalid', 'nothing was refused'])
    const second = await lin.client.createAuthorization({ body: request })
    expect(await refusal(exchange(second.code, randomBytes(32).toString('base64url')))).toBe('authorization_invalid')
    expect(await refusal(exchange(second.code))).toBe('authorization_invalid')
  })

  test('a code lives two minutes', async () => {
    const { code } = await lin.client.createAuthorization({ body: request })
    clock.advance(119_999)
    const other = await lin.client.createAuthorization({ body: request })
    clock.advance(1)
    expect(await refusal(exchange(code))).toBe('authorization_expired')
    expect(await refusal(exchange(other.code))).toBe('nothing was refused')
  })

  test('a browser is sent only where an editor, this machine or an allowed origin is', async () => {
    const elsewhere = { ...request, redirectUri: 'https://evil.example.com/callback' }
    expect(await refusal(lin.client.previewAuthorization({ body: elsewhere }))).toBe('redirect_not_allowed')
    expect(await refusal(lin.client.createAuthorization({ body: elsewhere }))).toBe('redirect_not_allowed')
  })

  test('the code is not kept as it is', async () => {
    const { code } = await lin.client.createAuthorization({ body: request })
    const rows = await kept()
    expect(rows).toContain(challenge)
    expect(rows).not.toContain(code.split('_').slice(2).join('_'))
  })

  test('each step leaves its row in the audit trail', async () => {
    const { code } = await lin.client.createAuthorization({ body: request })
    await exchange(code)
    expect(await audited(2)).toMatchObject([
      { action: 'api_key_created', memberId: lin.member.id, detail: { name: 'VS Code', via: 'browser' } },
      {
        action: 'authorization_allowed',
        memberId: lin.member.id,
        detail: { clientName: 'VS Code', via: 'browser', redirectTo: 'novabrain.novabrain-vscode' },
      },
    ])
  })
})

test('what one tenant decides, another cannot see', async () => {
  const stranger = await server.addTenant('stranger')
  const { userCode } = await server.clientOf(null).createDeviceAuthorization({ body: { clientName: 'program' } })
  const seenBy = (scope: typeof stranger.scope): Promise<unknown[]> =>
    server.foundation.database.transaction(
      scope,
      (tx) => tx.query('SELECT id FROM device_authorizations') as Promise<unknown[]>,
    )
  expect(await seenBy(server.owner.scope)).toEqual([])
  await lin.client.decideDeviceAuthorization({ body: { userCode, decision: 'allow' } })
  expect(await seenBy(stranger.scope)).toEqual([])
  expect(await seenBy(server.owner.scope)).toHaveLength(1)
})
