import { Token } from '@lumino/coreutils'
import type { EnvironmentState, RememberedPin } from '@novabrain/contracts'
import type { ISignal } from '@lumino/signaling'
import type { Live } from './live/live.js'
import type { Transport } from './host/transport.js'

/** What is known of the NovaBrain server and of the member who asks. */
export type SessionState =
  | { readonly kind: 'connecting' }
  /** The server answers and wants to know who asks. */
  | { readonly kind: 'signed_out'; readonly serverUrl: string }
  /** No answer; it is tried again when the page is looked at or the network comes back. */
  | { readonly kind: 'unreachable'; readonly serverUrl: string }
  | { readonly kind: 'signed_in'; readonly serverUrl: string; readonly live: Live }

/**
 * The session with the NovaBrain server: one for the whole page. It begins when somebody first needs it or when the page
 * is idle after its start, never during the start.
 */
export interface ISession {
  readonly state: SessionState
  /** Emitted after each change of state. */
  readonly changed: ISignal<ISession, SessionState>
  /** The signed-in part, once there is one; `null` when one must sign in or the server is away. */
  live(): Promise<Live | null>
  /** The way to the server: through the Jupyter server, or direct. */
  transport(): Promise<Transport>
  /** Sign in with an API key. Throws the refusal of the server. */
  signIn(token: string): Promise<void>
  signOut(): Promise<void>
  /** Try again now. */
  retry(): Promise<void>
}

/** The token of the session. */
export const ISession = new Token<ISession>(
  '@novabrain/jupyterlab:ISession',
  'The session with the NovaBrain server: its state, the client and the live view.',
)

/** Where the user's choices come from; all have defaults, so that nobody must set anything. */
export interface Settings {
  readonly serverUrl: string
  readonly project: string
  readonly notifications: 'ends' | 'failures' | 'never'
  readonly pullOutputs: 'ask' | 'automatic'
}

/** The settings of the extension. */
export interface ISettings {
  readonly current: Settings
  readonly changed: ISignal<ISettings, Settings>
}

/** The token of the settings. */
export const ISettings = new Token<ISettings>('@novabrain/jupyterlab:ISettings', 'The settings of NovaBrain.')

/** Opens the pages of runs. */
export interface IRunPages {
  open(target: { readonly jobId?: string; readonly runId?: string; readonly tab?: string }): Promise<void>
}

/** The token of the run pages. */
export const IRunPages = new Token<IRunPages>('@novabrain/jupyterlab:IRunPages', 'Opens the page of a run.')

/** A page of the model registry: all models when no name is given, a version with one. */
export interface ModelPage {
  readonly name?: string
  readonly version?: number
}

/** Opens the pages of models. */
export interface IModelPages {
  open(page: ModelPage): Promise<void>
}

/** The token of the pages of models. */
export const IModelPages = new Token<IModelPages>('@novabrain/jupyterlab:IModelPages', 'Opens the page of a model.')

/** Opens the page of the queue and the GPUs. */
export interface IQueuePage {
  open(): Promise<void>
}

/** The token of the page of the queue. */
export const IQueuePage = new Token<IQueuePage>(
  '@novabrain/jupyterlab:IQueuePage',
  'Opens the page of the queue and the GPUs.',
)

/** A table of runs: of all experiments when none is named; `query` tells what it shows. */
export interface TablePage {
  readonly experimentIds: readonly string[]
  readonly query: string
}

/** Opens tables of runs. */
export interface ITablePages {
  open(page: TablePage): Promise<void>
}

/** The token of the tables of runs. */
export const ITablePages = new Token<ITablePages>('@novabrain/jupyterlab:ITablePages', 'Opens a table of runs.')

/** What is known of the environment of each notebook, for the chip and the card. */
export interface IEnvironments {
  /** The state shown for a notebook; `unknown` until the kernel was asked. */
  stateOf(path: string): EnvironmentState
  /** Emitted with the path whose state changed. */
  readonly changed: ISignal<IEnvironments, string>
  /** Remember what was pinned for a notebook. */
  pinned(path: string, pin: RememberedPin): void
  /** The last pin of a notebook, if any. */
  lastPin(path: string): RememberedPin | null
  /** Ask the kernel of the notebook now, and compare. */
  check(path: string): Promise<EnvironmentState>
}

/** The token of the environments. */
export const IEnvironments = new Token<IEnvironments>(
  '@novabrain/jupyterlab:IEnvironments',
  'What is known of the Python environment of each notebook.',
)
