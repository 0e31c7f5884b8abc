import type { Client, Locale, Me } from '@novabrain/contracts'
import type { ParseArgsConfig } from 'node:util'
import type { Output } from './output.js'
import type { Texts } from './texts.js'

/** Values of the options, as `parseArgs` gives them. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** A signed-in connection to a server. */
export interface Session {
  readonly url: string
  readonly token: string
  readonly client: Client
  /** Who is asking, read once. */
  me(): Promise<Me>
  /** The project of `--project`, of `NOVABRAIN_PROJECT`, or the first. */
  projectId(): Promise<string>
}

/** What a command is given. */
export interface Context {
  readonly home: string
  readonly locale: Locale
  readonly texts: Texts
  readonly output: Output
  readonly positionals: readonly string[]
  readonly options: OptionValues
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Connect; fails with a plain sentence when no server or no key is known. */
  session(): Promise<Session>
}

/** One command of `novabrain`. `run` gives the exit code. */
export interface Command {
  readonly usage: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  run(context: Context): Promise<number>
}

/** Something the user has to put right; shown as one sentence, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The text value of an option, or `undefined`. */
export const textOption = (options: OptionValues, name: string): string | undefined => {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** The values of an option that may be given several times. */
export const listOption = (options: OptionValues, name: string): string[] => {
  const value = options[name]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** A whole number, or a `UsageError` naming the option. */
export const integerOption = (options: OptionValues, name: string, texts: Texts): number | undefined => {
  const text = textOption(options, name)
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(texts.notANumber(name, text))
  return Number(text)
}
