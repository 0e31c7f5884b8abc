import type {
  Connection,
  ErrorBody,
  ErrorCode,
  ErrorData,
  LiveMessage,
  Locale,
  Role,
  RouteName,
} from '@novabrain/contracts'
import type { ModelTarget, QueueTab, RunTab } from '@novabrain/ui'

/** The page a webview shows; also what is kept of it when the window is closed. */
export type PageTarget =
  | { readonly kind: 'run'; readonly runId?: string; readonly jobId?: string; readonly tab: RunTab }
  | { readonly kind: 'compare'; readonly runIds: readonly string[] }
  | { readonly kind: 'queue'; readonly tab?: QueueTab }
  /** The table of runs of some experiments, of all when none is named; `query` tells what it shows. */
  | { readonly kind: 'table'; readonly experimentIds: readonly string[]; readonly query: string }
  | ModelTarget

/** What the page needs to begin. There is no token and no address in it: the extension host asks the server. */
export interface PageStart {
  readonly target: PageTarget
  readonly projectId: string
  readonly role: Role
  readonly locale: Locale
  readonly connection: Connection
  readonly layout: Readonly<Record<string, string>>
  /** What the editor can do with a job beyond the common actions. */
  readonly canPullOutputs: boolean
}

/** What a webview says to the extension host. */
export type FromPage =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly id: number; readonly route: RouteName; readonly input: unknown }
  | { readonly type: 'subscribe'; readonly id: number; readonly topics: readonly string[] }
  | { readonly type: 'unsubscribe'; readonly id: number }
  | { readonly type: 'retry' }
  | {
      readonly type: 'open'
      readonly target: { readonly runId?: string; readonly jobId?: string }
      readonly tab?: RunTab
    }
  | { readonly type: 'open_model'; readonly target: ModelTarget }
  | { readonly type: 'open_file'; readonly path: string; readonly line?: number }
  | { readonly type: 'open_docs'; readonly path: string }
  | { readonly type: 'notify'; readonly message: string; readonly kind: 'information' | 'warning' | 'error' }
  | { readonly type: 'persist'; readonly key: string; readonly value: string }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'save'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: 'restore_environment'; readonly pinDigest: string }
  | { readonly type: 'pull_outputs'; readonly jobId: string }
  | { readonly type: 'target'; readonly target: PageTarget }
  /** The page tells how long its first painting took, for the benchmark. */
  | { readonly type: 'painted'; readonly afterMs: number }

/** What the extension host says to a webview. */
export type ToPage =
  | { readonly type: 'start'; readonly start: PageStart }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'fault'; readonly id: number; readonly fault: Fault }
  | { readonly type: 'live'; readonly id: number; readonly message: LiveMessage }
  | { readonly type: 'connection'; readonly connection: Connection }
  /** Signed out, or the server is away and nothing is known: said in words, with one button. */
  | { readonly type: 'absent'; readonly heading: string; readonly text: string; readonly button: string }

/** An error on its way to the page. */
export type Fault =
  | { readonly kind: 'catalogue'; readonly code: ErrorCode; readonly data: ErrorData; readonly body: ErrorBody | null }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'other'; readonly message: string }

/** The routes a page may ask for: those of its project that read, and the few actions that elements offer. */
export const pageRoutes: ReadonlySet<RouteName> = new Set<RouteName>([
  'getRun',
  'listRuns',
  'listExperiments',
  'searchRunTable',
  'readRunRows',
  'groupRuns',
  'listRunColumns',
  'exportRuns',
  'getMetricSeries',
  'listRunArtifacts',
  'readRunArtifact',
  'listTraces',
  'getTrace',
  'listSpans',
  'getSpan',
  'listModels',
  'getModel',
  'describeModel',
  'listModelVersions',
  'getModelVersion',
  'describeModelVersion',
  'readModelFile',
  'setModelAlias',
  'removeModelAlias',
  'listRunModels',
  'registerModel',
  'getJob',
  'listJobs',
  'explainJob',
  'amendJob',
  'stopJob',
  'submitJob',
  'previewJob',
  'listAttempts',
  'readLog',
  'listResourceSamples',
  'getEnvironmentPin',
  'listEnvironmentPins',
  'getEnvironmentLock',
  'getCodeSnapshot',
  'getBlob',
  'listNodes',
  'listQueues',
  'putQueue',
  'listQueueChanges',
  'listQueueEntries',
  'getClusterUse',
  'getSchedulingPolicy',
  'changeSchedulingPolicy',
  'listPolicyChanges',
  'listPolicyPresets',
])
