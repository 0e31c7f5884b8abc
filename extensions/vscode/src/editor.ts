import type { Locale, Unsubscribe } from '@novabrain/contracts'

/**
 * What NovaBrain asks of the editor. Only `host/` speaks to VS Code itself; everything else is given these, so that it can
 * be tried without one. Paths are those of the extension host.
 */
export interface Editor {
  readonly locale: Locale
  /** The text in the reader's language; `{0}` stands for the first value. Texts are keyed by their English. */
  t(text: string, ...values: readonly (string | number)[]): string
  readonly settings: Settings
  onSettings(listener: (settings: Settings) => void): Unsubscribe
  /** Write the address of the server into the user's settings. */
  keepServerUrl(url: string): Promise<void>
  readonly trusted: boolean
  /** Whether the window is looked at. */
  readonly focused: boolean
  /** Folders of the workspace, first one first. */
  readonly folders: readonly string[]
  readonly secrets: Secrets
  readonly memory: Memory
  /** A folder of this extension that outlives windows. */
  readonly storageFolder: string
  /** What is open in front. */
  readonly documents: Documents

  pick<T>(request: PickRequest<T>): Pick<T>
  /** One line of text; `null` when it was dismissed. */
  ask(request: AskRequest): Promise<string | null>
  /** A message that needs a decision or tells of something that went wrong; gives the chosen button. */
  tell(
    kind: 'information' | 'warning' | 'error',
    message: string,
    ...buttons: readonly string[]
  ): Promise<string | null>
  /** A question that must be answered before going on; `null` when it was dismissed. */
  confirm(message: string, detail: string, button: string): Promise<boolean>
  /** Show progress while something is done: in the view, in the status bar, or with a Cancel button in a notification. */
  progress<T>(
    where: 'view' | 'window' | 'notification',
    title: string,
    work: (step: ProgressStep) => Promise<T>,
  ): Promise<T>
  openExternal(address: string): Promise<boolean>
  /** The address under which a browser reaches this extension's links, also on remote hosts. */
  callbackAddress(path: string): Promise<string>
  copy(text: string): Promise<void>
  openFile(path: string, line?: number): Promise<void>
  /** Show text that can be read and thrown away. */
  showText(title: string, language: string, text: string): Promise<void>
  saveFile(name: string, bytes: Uint8Array): Promise<void>
  run(command: string, ...args: readonly unknown[]): Promise<unknown>
  /** Tell `when` clauses of the manifest. */
  context(key: string, value: unknown): void
  readonly name: string
  readonly extensionVersion: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Cancelling aborts the signal; `report` changes the line below the title. */
export interface ProgressStep {
  readonly signal: AbortSignal
  report(message: string): void
}

/** The user's choices; all have defaults. A workspace can set none that says where code or keys go. */
export interface Settings {
  readonly serverUrl: string
  readonly project: string
  readonly pythonPath: string
  readonly notifications: 'ends' | 'failures' | 'never'
  readonly pullOutputs: 'ask' | 'automatic'
}

export interface Secrets {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
  delete(key: string): Promise<void>
}

/** Small things that outlive a window: `user` on this machine, `workspace` for this folder. Never a secret. */
export interface Memory {
  get<T>(scope: 'user' | 'workspace', key: string): T | null
  set(scope: 'user' | 'workspace', key: string, value: unknown): Promise<void>
}

/** An entry of a list to choose from. `divider` draws a line with a word above it. */
export interface PickItem<T> {
  readonly label: string
  readonly description?: string
  readonly detail?: string
  readonly icon?: string
  readonly divider?: string
  readonly picked?: boolean
  readonly value: T
}

export interface PickRequest<T> {
  readonly title: string
  readonly placeholder?: string
  readonly items: readonly PickItem<T>[]
  readonly many?: boolean
  readonly busy?: boolean
  /** Keep it open when the focus leaves, while something is found out. */
  readonly sticky?: boolean
}

/** A list on the screen. It can change while it is shown. */
export interface Pick<T> {
  update(change: Partial<PickRequest<T>>): void
  /** The next choice; `null` when it was dismissed. With `many`, all that were ticked. */
  chosen(): Promise<readonly T[] | null>
  close(): void
}

export interface AskRequest {
  readonly title: string
  readonly prompt?: string
  readonly placeholder?: string
  readonly value?: string
  readonly password?: boolean
  /** A sentence when the text will not do, else `null`. */
  readonly check?: (text: string) => string | null
}

/** What is open in the editor, and the interpreter chosen for it. */
export interface Documents {
  /** The script or notebook in front, as it is in the editor; `null` when it is neither. */
  active(): OpenDocument | null
  /** An open or saved document by its path. */
  open(path: string): Promise<OpenDocument | null>
  /** The interpreter that the Python extension or the kernel of the notebook has chosen; `null` when nobody chose. */
  interpreterOf(path: string): Promise<string | null>
}

export interface OpenDocument {
  readonly kind: 'notebook' | 'script'
  readonly path: string
  readonly untitled: boolean
  readonly unsaved: boolean
  /** A notebook as its file would be, from the editor. */
  readonly text: string
  /** The lines that are selected in a script, counted from 1; `null` when nothing is. */
  readonly selection: { readonly text: string; readonly from: number; readonly to: number } | null
}
