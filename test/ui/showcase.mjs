/**
 * Pictures of every element in each theme (high contrast included) and language, under the strict policy of the web app:
 * `node test/ui/showcase.mjs [part of a name] [light|dark|zh|hc|hc-light|forced]` writes `test/artifacts/ui/*.png` and fails on any
 * violation of the policy or error of the page.
 */
/* global window, document -- the functions given to the page run there */
import { createServer } from 'node:http'
import { mkdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const here = import.meta.dirname
const root = path.resolve(here, '../..')
const out = path.join(root, 'test/artifacts/ui')
const [wanted = '', variant = ''] = process.argv.slice(2)
const variants = {
  light: { theme: 'light', locale: 'en' },
  dark: { theme: 'dark', locale: 'en' },
  zh: { theme: 'light', locale: 'zh-CN' },
  hc: { theme: 'high-contrast', locale: 'en', face: 'vscode', variables: 'hc-black' },
  'hc-light': { theme: 'high-contrast', locale: 'en', face: 'vscode', variables: 'hc-light' },
  forced: { theme: 'dark', locale: 'en', forcedColors: 'active' },
}
/**
 * What VS Code defines in its high contrast themes (and, as telling, what it leaves out: it has no colour for a button,
 * a hover or a selection there, only borders).
 */
const editorVariables = {
  'hc-black': {
    'font-family': 'system-ui',
    'font-size': '13px',
    'editor-font-family': 'monospace',
    foreground: '#ffffff',
    descriptionForeground: '#ffffff',
    errorForeground: '#f48771',
    focusBorder: '#f38518',
    contrastBorder: '#6fc3df',
    contrastActiveBorder: '#f38518',
    'editor-background': '#000000',
    'sideBar-background': '#000000',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'textLink-foreground': '#21a6ff',
    'list-hoverBackground': 'rgba(255, 255, 255, 0.1)',
    'editorWarning-foreground': '#ffd370',
    'testing-iconPassed': '#73c991',
    'charts-blue': '#59a4f9',
    'charts-green': '#89d185',
    'charts-orange': '#d18616',
    'charts-purple': '#b180d7',
    'charts-red': '#f48771',
    'charts-foreground': '#ffffff',
    'terminal-ansiGreen': '#00cd00',
    'terminal-ansiRed': '#cd0000',
    'terminal-ansiYellow': '#cdcd00',
    'terminal-ansiCyan': '#00cdcd',
  },
  'hc-light': {
    'font-family': 'system-ui',
    'font-size': '13px',
    'editor-font-family': 'monospace',
    foreground: '#292929',
    descriptionForeground: 'rgba(41, 41, 41, 0.7)',
    errorForeground: '#b5200d',
    focusBorder: '#006bbd',
    contrastBorder: '#0f4a85',
    contrastActiveBorder: '#006bbd',
    'editor-background': '#ffffff',
    'sideBar-background': '#ffffff',
    'button-background': '#0f4a85',
    'button-foreground': '#ffffff',
    'button-border': '#0f4a85',
    'textLink-foreground': '#0f4a85',
    'list-hoverBackground': 'rgba(15, 74, 133, 0.1)',
    'list-inactiveSelectionBackground': 'rgba(15, 74, 133, 0.1)',
    'editorWarning-foreground': '#895503',
    'testing-iconPassed': '#007100',
    'charts-blue': '#1a85ff',
    'charts-green': '#374e06',
    'charts-orange': '#d18616',
    'charts-purple': '#652d90',
    'charts-red': '#b5200d',
    'charts-foreground': '#292929',
    'terminal-ansiGreen': '#136c13',
    'terminal-ansiRed': '#cd3131',
    'terminal-ansiYellow': '#949800',
    'terminal-ansiCyan': '#0598bc',
  },
}
const policy = "default-src 'none'; script-src 'self'; style-src 'none'; img-src blob: data:; connect-src 'none'"

/** Bundle the showcase from the sources. */
const bundle = async () => {
  const result = await build({
    entryPoints: [path.join(here, 'showcase/page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    alias: {
      '@novabrain/ui': path.join(root, 'shared/ui/src/index.ts'),
      '@novabrain/contracts': path.join(root, 'shared/contracts/src/index.ts'),
    },
  })
  return result.outputFiles[0].contents
}

/** Serve the page and its script. */
const serve = (script) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const isScript = request.url?.startsWith('/page.js')
      response.setHeader('content-security-policy', policy)
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      response.end(
        isScript ? script : '<!doctype html><html lang="en"><script type="module" src="/page.js"></script></html>',
      )
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

const executablePath =
  process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const server = await serve(await bundle())
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
const faults = []
const sheets = {}
await mkdir(out, { recursive: true })
for (const [name, options] of Object.entries(variants)) {
  if (variant !== '' && variant !== name) continue
  const page = await browser.newPage({
    viewport: { width: 1120, height: 900 },
    deviceScaleFactor: 1,
    colorScheme: options.theme === 'high-contrast' ? null : options.theme,
    forcedColors: options.forcedColors ?? null,
  })
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) faults.push(`${name}: ${message.text()}`)
  })
  await page.goto(`http://127.0.0.1:${server.address().port}/?face=${options.face ?? 'web'}`)
  await page.waitForFunction(() => window.sceneNames !== undefined)
  await page.evaluate((variables) => {
    for (const [name, value] of Object.entries(variables))
      document.documentElement.style.setProperty(`--vscode-${name}`, value)
  }, editorVariables[options.variables] ?? {})
  for (const scene of await page.evaluate(() => window.sceneNames)) {
    if (!scene.includes(wanted)) continue
    await page.evaluate(([each, o]) => window.showScene(each, o), [scene, options])
    await page.waitForTimeout(250)
    const png = await page.locator('body').screenshot({ path: path.join(out, `${scene}.${name}.png`) })
    const sheet = `${scene.split('-')[0]}.${name}`
    sheets[sheet] = [...(sheets[sheet] ?? []), png]
  }
  await page.close()
}
/** All pictures of a kind side by side, to be looked at at once. */
for (const [name, pictures] of Object.entries(sheets)) {
  const page = await browser.newPage({ viewport: { width: 1560, height: 900 } })
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`)
  await page.setContent(
    `<body style="margin:8px;background:#888;display:flex;flex-wrap:wrap;gap:8px;align-items:start">${images.join('')}`,
  )
  await page.screenshot({ path: path.join(out, `sheet-${name}.png`), fullPage: true })
  await page.close()
}
await browser.close()
server.close()
for (const fault of new Set(faults)) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
