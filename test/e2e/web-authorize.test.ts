import { createHash, randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { CreatedApiKey } from '@novabrain/contracts'
import type { Page } from 'playwright-core'
import { startApp, type Caller, type TestApp } from '../support/app.js'
import { barriers } from '../support/barriers.js'
import { chromiumPath, openBrowser, picture, type TestBrowser, type TestPage } from '../support/browser.js'

jest.setTimeout(120_000)

const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe

/** A program on this machine that waits for the browser to come back to it, as an editor does. */
interface Program {
  readonly redirectUri: string
  readonly verifier: string
  readonly challenge: string
  /** The query of the next request to it. */
  visited(): Promise<URLSearchParams>
  close(): void
}

const startProgram = async (): Promise<Program> => {
  const visits: URLSearchParams[] = []
  let tell: () => void = () => undefined
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://program')
    if (url.pathname === '/callback') visits.push(url.searchParams)
    response.setHeader('content-type', 'text/html').end('<title>program</title><h1>Back in the program</h1>')
    tell()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const verifier = randomBytes(32).toString('base64url')
  return {
    redirectUri: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/callback`,
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    async visited() {
      while (visits.length === 0) await new Promise<void>((resolve) => (tell = resolve))
      return visits.shift() ?? new URLSearchParams()
    },
    close: () => void server.close(),
  }
}

inChromium('the pages that let a program in', () => {
  let server: TestApp
  let lin: Caller
  let program: Program
  let browser: TestBrowser
  let opened: TestPage
  let page: Page
  const violations: string[] = []

  beforeAll(async () => {
    execFileSync(process.execPath, [join(__dirname, '../../server/src/web/build.mjs')])
    server = await startApp({ background: false })
    lin = await server.addMember('Lin', 'editor')
    program = await startProgram()
    browser = await openBrowser()
    opened = await browser.newPage({ colorScheme: 'light' })
    page = opened.page
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
  })
  afterAll(async () => {
    await browser?.close()
    program?.close()
    await server?.close()
  })

  const authorizeHash = (change: Record<string, string> = {}): string =>
    `#/authorize?${new URLSearchParams({
      client: 'VS Code',
      redirect: program.redirectUri,
      state: 'my state',
      challenge: program.challenge,
      ...change,
    }).toString()}`
  const go = (hash: string) => page.goto(`${server.url}/${hash}`)
  const exchange = (code: string): Promise<CreatedApiKey> =>
    server.clientOf(null).createAuthorizationToken({ body: { code, codeVerifier: program.verifier } })
  const begin = () => server.clientOf(null).createDeviceAuthorization({ body: { clientName: 'JupyterLab on lab-3' } })
  const ask = (deviceCode: string) => server.clientOf(null).createDeviceToken({ body: { deviceCode } })

  test('whoever is not signed in signs in first, and then sees who asks for what and until when', async () => {
    await go(authorizeHash())
    await page.getByLabel('API key').fill(lin.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Let VS Code in?' }).waitFor()
    const text = await page.locator('nb-authorize-page .column').innerText()
    expect(text).toContain('as you, Lin')
    expect(text).toContain('in acme')
    expect(text).toContain(`goes to ${new URL(program.redirectUri).origin}`)
    const until = new Date(Date.now() + 90 * 86_400_000)
    expect(text).toContain(String(until.getFullYear()))
    await picture(page, 'web-authorize')
    expect(await barriers(page)).toEqual([])
  })

  test('Allow brings the browser back to the program with a code that only it can use', async () => {
    await page.getByRole('button', { name: 'Allow' }).click()
    const query = await program.visited()
    expect(query.get('state')).toBe('my state')
    await page.getByRole('heading', { name: 'Back in the program' }).waitFor()
    const key = await exchange(query.get('code') ?? '')
    expect(key).toMatchObject({ name: 'VS Code', memberId: lin.member.id })
    expect((await server.clientOf(key.token).getMe()).member.name).toBe('Lin')
  })

  test('Deny brings it back with nothing but the refusal', async () => {
    await go(authorizeHash())
    await page.getByRole('button', { name: 'Deny' }).click()
    const query = await program.visited()
    expect(Object.fromEntries(query)).toEqual({ error: 'access_denied', state: 'my state' })
  })

  test('an editor is called by its own address, and the page says what to do if it does not come', async () => {
    // A browser that has called another program may ask its user first, and is deaf meanwhile: it has a page of its own.
    const page = await opened.context.newPage()
    const hash = authorizeHash({ redirect: 'vscode://novabrain.novabrain-vscode/signed-in?windowId=2' })
    await page.goto(`${server.url}/${hash}`)
    await page.getByText('goes to vscode://novabrain.novabrain-vscode').waitFor()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'VS Code is in' }).waitFor()
    const link = new URL((await page.getByRole('link', { name: 'Open VS Code' }).getAttribute('href')) ?? '')
    expect(link.href).toContain('vscode://novabrain.novabrain-vscode/signed-in?windowId=2&code=')
    expect(link.searchParams.get('state')).toBe('my state')
    await picture(page, 'web-authorize-allowed')
    expect(await barriers(page)).toEqual([])
    await page.close()
    expect((await exchange(link.searchParams.get('code') ?? '')).name).toBe('VS Code')
  })

  test('an address that leads elsewhere is refused with its code, and nobody is asked', async () => {
    await go(authorizeHash({ redirect: 'https://evil.example.com/callback' }))
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toContain('redirect_not_allowed')
    expect(await page.getByRole('button', { name: 'Allow', exact: true }).count()).toBe(0)
    await picture(page, 'web-authorize-refused')
    expect(await barriers(page)).toEqual([])
    await go('#/authorize?client=VS%20Code')
    await page.getByText('This address lacks something').waitFor()
  })

  test('a code that a program shows is entered by hand; a wrong one is refused with its code', async () => {
    const { userCode, deviceCode } = await begin()
    await go('#/device')
    await page.getByLabel('Code', { exact: true }).fill('BBBB-BBBB')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toContain('user_code_not_found')
    await picture(page, 'web-device-refused')
    expect(await barriers(page)).toEqual([])
    await page.getByLabel('Code', { exact: true }).fill(userCode.toLowerCase().replace('-', ''))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Let JupyterLab on lab-3 in?' }).waitFor()
    await picture(page, 'web-device')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'JupyterLab on lab-3 is in' }).waitFor()
    expect(await ask(deviceCode)).toMatchObject({ name: 'JupyterLab on lab-3', memberId: lin.member.id })
  })

  test('the whole address brings the code along; Deny turns the program away; in Chinese and in the dark', async () => {
    const { deviceCode, verificationUriComplete } = await begin()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(verificationUriComplete)
    await page.getByRole('heading', { name: 'Let JupyterLab on lab-3 in?' }).waitFor()
    await page.locator('summary').click()
    await page.getByLabel('Language').selectOption('zh-CN')
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: '允许 JupyterLab on lab-3 登录吗？' }).waitFor()
    await picture(page, 'web-device-zh-dark')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: '拒绝' }).click()
    await page.getByText('它没有获得任何权限').waitFor()
    await expect(ask(deviceCode)).rejects.toMatchObject({ code: 'authorization_denied' })
  })

  test('nothing in the pages broke their policy or threw, and no key or code stays in the browser', async () => {
    expect(violations).toEqual([])
    expect(opened.errors).toEqual([])
    await go('#/device')
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
    expect(stored).not.toMatch(/nb[sadc]?_[0-9a-f]{32}/)
  })
})
