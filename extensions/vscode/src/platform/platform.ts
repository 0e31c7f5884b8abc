import type { CaptureHost, Fetch, KeptStore, Socket } from '@novabrain/contracts'

/** What differs between an extension host that is a Node process and one that is a worker of a browser. */
export interface Platform {
  /** Whether paths and programs are those of Windows. */
  readonly windows: boolean
  readonly fetch: Fetch
  /** Open a socket; headers go with its handshake, so that no key stands in an address. */
  openSocket(url: string, headers?: Readonly<Record<string, string>>): Socket
  /** An interpreter that answers in a folder; `null` where no process can be started. */
  python(interpreter: string, folder: string): CaptureHost | null
  /** The first of these interpreters that answers. */
  firstPython(candidates: readonly string[]): Promise<string | null>
  /** The first of these commands, each a program and its first words, that tells its version. */
  firstCommand(candidates: readonly (readonly string[])[]): Promise<readonly string[] | null>
  /** Where submissions wait. */
  keptStore(folder: string): KeptStore
  /** Run a command to its end; gives its output, throws with its last lines. */
  runCommand(command: readonly string[], cwd: string, signal: AbortSignal): Promise<string>
  writeFile(path: string, bytes: Uint8Array): Promise<void>
  /** A random text of so many bytes, in base64url. */
  randomText(bytes: number): string
  sha256Base64Url(text: string): Promise<string>
}
