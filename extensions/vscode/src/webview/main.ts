import { applyTheme, defineElements, type NbEvents } from '@novabrain/ui'
import type { FromPage, PageStart, PageTarget, ToPage } from '../bridge.js'
import { absentPage } from './absent.js'
import { createPageHost } from './page-host.js'

/** The one object a webview has of VS Code. */
interface VsCodeApi {
  postMessage(message: FromPage): void
  getState(): PageTarget | undefined
  setState(state: PageTarget): void
}
declare const acquireVsCodeApi: () => VsCodeApi

const bornAtMs = performance.now()
const api = acquireVsCodeApi()
// A window may be closed before the server has answered: what the tab shows is kept from the first moment.
if (api.getState() === undefined)
  api.setState(JSON.parse(decodeURIComponent(document.body.dataset['target'] ?? '')) as PageTarget)
const host = createPageHost((message) => api.postMessage(message))
const root = document.body

applyTheme(document, 'vscode')
const sheet = new CSSStyleSheet()
sheet.replaceSync(`
  html, body { height: 100%; margin: 0; padding: 0; background: var(--nb-bg); color: var(--nb-fg);
    font: var(--nb-font-size) var(--nb-font); }
  nb-run-page, nb-run-compare { display: block; height: 100%; }
  nb-run-table { height: 100%; }
  .nb-absent { display: grid; place-content: center; gap: 8px; height: 100%; padding: 20px; text-align: center; max-width: 46ch; margin: auto; }
  .nb-absent h1 { font-size: 1.3em; font-weight: 600; margin: 0; }
  .nb-absent p { margin: 0 0 8px; color: var(--nb-fg-muted); }
  .nb-absent button { justify-self: center; font: inherit; padding: 4px 14px; color: var(--nb-primary-fg);
    background: var(--nb-primary); border: 1px solid var(--nb-primary-border); border-radius: 2px; cursor: pointer; }
  .nb-absent button:focus-visible { outline: 1px solid var(--nb-focus); outline-offset: 2px; }`)
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
defineElements()

const show = (start: PageStart): void => {
  host.begin(start)
  const { target } = start
  api.setState(target)
  const page = document.createElement(elements[target.kind])
  Object.assign(page, { host: host.host, ...propertiesOf(target) })
  /** What the page shows now is what comes back with the window. */
  const follow = (moved: PageTarget): void => {
    api.setState(moved)
    api.postMessage({ type: 'target', target: moved })
  }
  page.addEventListener('nb-tab', (event) => {
    if (target.kind !== 'run') return
    follow({ ...target, tab: (event as CustomEvent<{ tab: typeof target.tab }>).detail.tab })
  })
  page.addEventListener('nb-queue-tab', (event) => {
    if (target.kind !== 'queue') return
    follow({ ...target, ...(event as CustomEvent<NbEvents['nb-queue-tab']>).detail })
  })
  if (target.kind === 'table') followTable(page, target, follow)
  root.replaceChildren(page)
  requestAnimationFrame(() =>
    requestAnimationFrame(() => api.postMessage({ type: 'painted', afterMs: performance.now() - bornAtMs })),
  )
}

/** The table keeps what it shows in its query; another experiment is another table with the same query. */
const followTable = (
  page: HTMLElement,
  first: Extract<PageTarget, { kind: 'table' }>,
  follow: (moved: PageTarget) => void,
): void => {
  let target = first
  const change = (part: Partial<typeof first>) => follow((target = { ...target, ...part }))
  page.addEventListener('nb-query', (event) =>
    change({ query: (event as CustomEvent<NbEvents['nb-query']>).detail.query }),
  )
  page.addEventListener('nb-experiments', (event) => {
    const { experimentIds } = (event as CustomEvent<NbEvents['nb-experiments']>).detail
    Object.assign(page, { experimentIds })
    change({ experimentIds })
  })
}

const elements = {
  run: 'nb-run-page',
  compare: 'nb-run-compare',
  queue: 'nb-queue-page',
  table: 'nb-run-table',
  models: 'nb-model-list',
  model: 'nb-model-page',
  version: 'nb-version-page',
} as const satisfies Record<PageTarget['kind'], keyof HTMLElementTagNameMap>

const propertiesOf = ({ kind: _kind, ...properties }: PageTarget) => properties

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if (data.type === 'start') show(data.start)
  else if (data.type === 'absent') root.replaceChildren(absentPage(data, () => api.postMessage({ type: 'retry' })))
  else host.hear(data)
})
api.postMessage({ type: 'ready' })
