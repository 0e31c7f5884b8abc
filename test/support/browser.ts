import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** Where Chromium is: `CHROMIUM_PATH`, or where Debian puts it; `null` when there is none. */
export const chromiumPath = (): string | null =>
  [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path): path is string => path !== undefined && existsSync(path),
  ) ?? null

/** A browser for a test file, with pages that tell what went wrong in them. */
export interface TestBrowser {
  readonly browser: Browser
  newPage(options?: { locale?: string; colorScheme?: 'light' | 'dark' }): Promise<TestPage>
  close(): Promise<void>
}

export interface TestPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors thrown in the page so far. */
  readonly errors: readonly string[]
}

/** Start Chromium. The installed one is used; nothing is downloaded. */
export const openBrowser = async (): Promise<TestBrowser> => {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('Chromium was not found: install it, or name it in CHROMIUM_PATH')
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb']
  const browser = await chromium.launch({ executablePath, args })
  return {
    browser,
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.setDefaultTimeout(60_000)
      return { page, context, errors }
    },
    close: () => browser.close(),
  }
}

const artifacts = join(__dirname, '../artifacts')

/** Keep a picture of a state, to be looked at. */
export const picture = async (page: Page, name: string): Promise<void> => {
  mkdirSync(artifacts, { recursive: true })
  await page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled' })
}
