import type { Client, Connection, Job, Locale, Role, Stream, Unsubscribe } from '@novabrain/contracts'

/**
 * What a face (JupyterLab, VS Code, the web app) offers to the elements. Elements never fetch, never open a socket, never
 * keep a secret and never touch page storage: they ask their host. Each element has one property `host`.
 */
export interface Host {
  /** The typed client, already signed in; in a VS Code webview it speaks to the extension host. */
  readonly client: Client
  readonly projectId: string
  /** Events, hints and the state of the connection: a `Stream` of contracts, or something that behaves like one. */
  readonly events: LiveEvents
  readonly theme: ThemeSignal
  locale(): Locale
  /** Milliseconds since 1970 by the host's clock, for ages and countdowns. */
  now(): number
  /** Whether the member may do what needs this role in the project; elements hide what would be refused. */
  can(role: Role): boolean
  openRun(runId: string, tab?: RunTab): void
  /** Open the run page of a job. */
  openJob(jobId: string, tab?: RunTab): void
  /** Open a page of the model registry. */
  openModel(target: ModelTarget): void
  /** Open the page of a trace, where the face has such pages. */
  openTrace?(traceId: string): void
  /** Open a file of the workspace; a face without one shows the artifact of the run instead. */
  openFile(path: string, line?: number): void
  /** Open a page of the documentation, such as `/docs/errors#job_not_found`. */
  openDocs(path: string): void
  notify(message: string, kind: 'information' | 'warning' | 'error'): void
  /** Keep a small piece of layout (a tab, a width) for later; never a secret. */
  persist(key: string, value: string): void
  restore(key: string): string | null
  copyText(text: string): Promise<void>
  saveFile(name: string, bytes: Uint8Array): Promise<void>
  /** What this face can do with a job beyond the common actions, such as bringing outputs back into the notebook. */
  jobActions?(job: Job): readonly HostAction[]
  /** Recreate an environment where the face can (JupyterLab makes a kernel of it). */
  restoreEnvironment?(pinDigest: string): void
}

/** What elements hear of the server. */
export type LiveEvents = Pick<Stream, 'subscribe' | 'onConnection' | 'retry'> & { readonly connection: Connection }

/** An action a face adds to the page of a run, as a button. */
export interface HostAction {
  readonly id: string
  readonly label: string
  run(): void | Promise<void>
}

/** A page of the model registry: all models, one of them, or one version. */
export type ModelTarget =
  | { readonly kind: 'models' }
  | { readonly kind: 'model'; readonly name: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: number }

/** The tabs of the run page. */
export const runTabs = ['overview', 'metrics', 'log', 'files', 'traces', 'environment', 'code'] as const
export type RunTab = (typeof runTabs)[number]

/** The parts of the page of the queue. */
export const queueTabs = ['waiting', 'devices', 'use', 'queues', 'policy'] as const
export type QueueTab = (typeof queueTabs)[number]

/** Told on every change of theme, since canvases do not follow CSS by themselves. */
export interface ThemeSignal {
  readonly kind: ThemeKind
  onChange(listener: () => void): Unsubscribe
}
export type ThemeKind = 'light' | 'dark' | 'high-contrast'
