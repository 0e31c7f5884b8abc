import { queueTabs, runTabs, type QueueTab, type RunTab } from '@novabrain/ui'

/** The pages of the app. Addresses are hashes, so that the ones MLflow prints (`/#/experiments/1/runs/…`) open here. */
export type Page =
  | { readonly name: 'runs' }
  /** The table of runs of some experiments, of all when none is named; `query` is its own (filter, order, columns …). */
  | { readonly name: 'experiments'; readonly experimentIds: readonly string[]; readonly query: string }
  | { readonly name: 'run'; readonly runId: string; readonly tab: RunTab }
  | { readonly name: 'job'; readonly jobId: string; readonly tab: RunTab }
  | { readonly name: 'jobs' }
  | { readonly name: 'traces'; readonly experimentId: string | null }
  | { readonly name: 'trace'; readonly traceId: string }
  | { readonly name: 'models' }
  | { readonly name: 'model'; readonly modelName: string }
  | { readonly name: 'version'; readonly modelName: string; readonly version: number }
  | { readonly name: 'queue'; readonly tab: QueueTab }
  | { readonly name: 'nodes' }
  | { readonly name: 'authorize'; readonly request: AuthorizationRequest }
  | { readonly name: 'device'; readonly userCode: string }
  | { readonly name: 'unknown' }

/** What a program that opened this page wants, as it stands in the address; the server judges it. */
export interface AuthorizationRequest {
  readonly client: string
  readonly redirect: string
  readonly challenge: string
  readonly state: string | null
}

const tabs: readonly RunTab[] = runTabs
const id = '([0-9a-f]{32})'
/** MLflow's own names for the parts of a run page. */
const mlflowTabs: Readonly<Record<string, RunTab>> = {
  traces: 'traces',
  'model-metrics': 'metrics',
  'system-metrics': 'metrics',
  artifacts: 'files',
}

interface Query {
  readonly tab: RunTab
  readonly values: URLSearchParams
  /** As it is written. */
  readonly query: string
}

const patterns: readonly [RegExp, (parts: readonly string[], query: Query) => Page][] = [
  [/^\/?(?:runs)?$/, () => ({ name: 'runs' })],
  [/^\/experiments(?:\/runs)?$/, (_, { query }) => ({ name: 'experiments', experimentIds: [], query })],
  [
    /^\/experiments\/(\d+(?:,\d+)*)(?:\/runs)?$/,
    ([ids = ''], { query }) => ({ name: 'experiments', experimentIds: ids.split(','), query }),
  ],
  [
    /^\/compare-experiments(?:\/.*)?$/,
    (_, { values }) => ({ name: 'experiments', experimentIds: idsOf(values.get('experiments') ?? ''), query: '' }),
  ],
  [
    new RegExp(`^/(?:experiments/\\d+/)?runs/${id}(?:/([a-zA-Z-]+))?(?:/.*)?$`),
    (parts, { tab }) => runPage(parts, tab),
  ],
  [new RegExp(`^/jobs/${id}$`), ([jobId = ''], { tab }) => ({ name: 'job', jobId, tab })],
  [/^\/jobs$/, () => ({ name: 'jobs' })],
  [/^\/traces$/, () => ({ name: 'traces', experimentId: null })],
  [/^\/experiments\/(\d+)\/traces$/, ([experimentId = '']) => ({ name: 'traces', experimentId })],
  [/^\/traces\/([^/]+)$/, ([traceId = '']) => ({ name: 'trace', traceId: decoded(traceId) })],
  [/^\/models$/, () => ({ name: 'models' })],
  [/^\/models\/([^/]+)$/, ([name = '']) => ({ name: 'model', modelName: decoded(name) })],
  [
    /^\/models\/([^/]+)\/versions\/([1-9]\d{0,8})$/,
    ([name = '', version = '']) => ({ name: 'version', modelName: decoded(name), version: Number(version) }),
  ],
  [/^\/queue(?:\/([a-z]+))?$/, ([part = '']) => queuePage(part)],
  [/^\/nodes$/, () => ({ name: 'nodes' })],
  [/^\/authorize$/, (_, { values }) => ({ name: 'authorize', request: requestOf(values) })],
  [/^\/device$/, (_, { values }) => ({ name: 'device', userCode: values.get('code') ?? '' })],
]

/** The page of a hash such as `#/runs/0123…?tab=log`. */
export const pageOf = (hash: string): Page => {
  const [, path = '', query = ''] = /^#?([^?]*)\??(.*)$/s.exec(hash) ?? []
  const values = new URLSearchParams(query)
  const tab = tabs.find((each) => each === values.get('tab')) ?? 'overview'
  const clean = path.length > 1 ? path.replace(/\/$/, '') : path
  for (const [pattern, page] of patterns) {
    const found = pattern.exec(clean)
    if (found !== null) return page(found.slice(1), { tab, values, query })
  }
  return { name: 'unknown' }
}

/** MLflow's list of experiments, `["1","2"]`. */
const idsOf = (list: string): readonly string[] => list.match(/\d+/g) ?? []

const requestOf = (values: URLSearchParams): AuthorizationRequest => ({
  client: values.get('client') ?? '',
  redirect: values.get('redirect') ?? fromBase64Url(values.get('redirect64') ?? ''),
  challenge: values.get('challenge') ?? '',
  state: values.get('state'),
})

/** VS Code takes addresses apart and together again and loses what was escaped in them; base64url has nothing to escape. */
const fromBase64Url = (text: string): string => {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return ''
  }
}

/** What a name is; an address that somebody cut short names itself. */
const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const runPage = ([runId = '', part]: readonly (string | undefined)[], tab: RunTab): Page => ({
  name: 'run',
  runId,
  tab: (part === undefined ? undefined : mlflowTabs[part]) ?? tab,
})

/** The devices have a page of their own here. */
const queuePage = (part: string): Page => {
  const tab = queueTabs.find((each) => each === (part === '' ? 'waiting' : part))
  if (tab === 'devices') return { name: 'nodes' }
  return tab === undefined ? { name: 'unknown' } : { name: 'queue', tab }
}

/** The hash of a page. */
export const hashOf = (page: Page): string => {
  switch (page.name) {
    case 'experiments': {
      const path = ['#/experiments', ...(page.experimentIds.length === 0 ? [] : [page.experimentIds.join(',')])].join(
        '/',
      )
      return page.query === '' ? path : `${path}?${page.query}`
    }
    case 'run':
      return `#/runs/${page.runId}${queryOf(page.tab)}`
    case 'job':
      return `#/jobs/${page.jobId}${queryOf(page.tab)}`
    case 'traces':
      return page.experimentId === null ? '#/traces' : `#/experiments/${page.experimentId}/traces`
    case 'trace':
      return `#/traces/${encodeURIComponent(page.traceId)}`
    case 'model':
      return `#/models/${encodeURIComponent(page.modelName)}`
    case 'version':
      return `#/models/${encodeURIComponent(page.modelName)}/versions/${String(page.version)}`
    case 'queue':
      return page.tab === 'waiting' ? '#/queue' : `#/queue/${page.tab}`
    case 'authorize':
      return `#/authorize?${queryOfRequest(page.request)}`
    case 'device':
      return page.userCode === '' ? '#/device' : `#/device?code=${encodeURIComponent(page.userCode)}`
    case 'unknown':
      return '#/'
    default:
      return `#/${page.name}`
  }
}

const queryOfRequest = ({ state, ...request }: AuthorizationRequest): string =>
  new URLSearchParams({ ...request, ...(state === null ? {} : { state }) }).toString()

const queryOf = (tab: RunTab): string => (tab === 'overview' ? '' : `?tab=${tab}`)
