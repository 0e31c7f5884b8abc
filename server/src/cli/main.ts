import { errorText, NovaBrainError, ProbeError, type Locale } from '@novabrain/contracts'
import { parseArgs } from 'node:util'
import { ConfigError } from '../config.js'
import { AlreadyRunningError } from '../instance.js'
import { StartError } from '../start-error.js'
import { serverVersion } from '../version.js'
import { UsageError, type Command, type Context, type OptionValues } from './command.js'
import { commands, summaries, type CommandName } from './commands.js'
import { findHome } from './home.js'
import { createOutput, type Output } from './output.js'
import { isUnreachable, openSession } from './session.js'
import { localeOf, textsOf, type Texts } from './texts.js'

const common = {
  json: { type: 'boolean' },
  lang: { type: 'string' },
  project: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Run one command line; gives the exit code: 0 done, 1 failed, 2 to be put right by the user. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const [name = 'help', ...rest] = argv
  const ours = beforeDashes(rest)
  const early = { locale: localeOf(flagValue(ours, '--lang'), process.env), json: ours.includes('--json') }
  const texts = textsOf(early.locale)
  const output = createOutput(early.json, process)
  endWithReader(name)
  if (name === 'help' || name === '--help' || name === '-h') return help(output, texts, early.locale)
  if (name === '--version') return version(output)
  if (!Object.hasOwn(commands, name)) return complain(output, texts.unknownCommand(name))
  try {
    const command = await commands[name as CommandName]()
    return await runCommand(command, rest, texts, output)
  } catch (error) {
    return report(error, { output, texts, locale: early.locale })
  }
}

/**
 * Whoever reads us may have seen enough (`novabrain logs 3 | head`); that is the end, and no error. A server goes on: it
 * works for others than the reader of its log.
 */
const endWithReader = (command: string): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (command !== 'serve') process.exit(0)
  })
  if (command === 'serve') process.stderr.on('error', () => undefined)
}

const runCommand = async (command: Command, args: string[], texts: Texts, output: Output): Promise<number> => {
  const { values, positionals } = parseWords(command, args, texts)
  const options = values as OptionValues
  if (options['help'] === true) {
    output.line(texts.usage(command.usage))
    output.value({ usage: `novabrain ${command.usage}` })
    return 0
  }
  return command.run(contextOf(options, positionals, texts, output))
}

const parseWords = (command: Command, args: string[], texts: Texts) => {
  const options = { ...common, ...command.options }
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    if (!isParseError(error)) throw error
    const option = /'([^' ]+)/.exec(error.message)?.[1] ?? ''
    if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(texts.optionValue(option, command.usage))
    const hint = command.usage.startsWith('run ') ? `\n${texts.scriptOptions}` : ''
    throw new UsageError(texts.unknownOption(option, command.usage) + hint)
  }
}

const contextOf = (options: OptionValues, positionals: string[], texts: Texts, output: Output): Context => {
  const environment = process.env
  const home = findHome(environment, process.cwd())
  const locale = localeOf(options['lang'] as string | undefined, environment)
  const projectName = options['project'] as string | undefined
  return {
    home,
    locale,
    texts,
    output,
    positionals,
    options,
    environment,
    session: () => openSession({ home, environment, projectName, locale, texts }),
  }
}

const help = (output: Output, texts: Texts, locale: 'en' | 'zh-CN'): number => {
  output.line(texts.help)
  output.line()
  output.table(
    ['', ''],
    Object.entries(summaries).map(([name, summary]) => [`  ${name}`, summary[locale]]),
  )
  output.value(Object.fromEntries(Object.entries(summaries).map(([name, summary]) => [name, summary[locale]])))
  return 0
}

const version = (output: Output): number => {
  output.line(`novabrain ${serverVersion}`)
  output.value({ version: serverVersion })
  return 0
}

const complain = (output: Output, sentence: string): number => {
  output.error(sentence)
  output.value({ error: sentence })
  return 2
}

interface Reporting {
  readonly output: Output
  readonly texts: Texts
  readonly locale: Locale
}

const report = (error: unknown, { output, texts, locale }: Reporting): number => {
  if (error instanceof UsageError) return complain(output, error.message)
  if (error instanceof NovaBrainError) {
    const body = error.body ?? { ...errorText(error.code, error.data, locale), code: error.code }
    output.error(`${body.message}  [${body.code}]\n${texts.cause}: ${body.cause}\n${texts.remedy}: ${body.remedy}`)
    output.value({ error: body })
    return 1
  }
  const message = error instanceof Error ? error.message : String(error)
  if (isUnreachable(error)) return complain(output, texts.unreachable(locale === 'en' ? message : addressIn(message)))
  if (error instanceof ConfigError) return complain(output, error.told(locale))
  if (error instanceof StartError) return complain(output, texts.cannotStart[error.part](error.where, error.detail))
  if (error instanceof AlreadyRunningError)
    return complain(output, texts.alreadyRuns(error.home, error.instance.pid, error.instance.url))
  const sentence = error instanceof ProbeError ? texts.pythonSilent(message) : texts.unexpected(message)
  output.error(sentence)
  output.value({ error: sentence })
  return 1
}

/** `No answer from ADDRESS` without its English. */
const addressIn = (message: string): string => message.replace('No answer from ', '')

const isParseError = (error: unknown): error is TypeError & { code: string } =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** What follows two dashes belongs to the program that is run, its `--json` and `--lang` too. */
const beforeDashes = (args: readonly string[]): readonly string[] => {
  const at = args.indexOf('--')
  return at < 0 ? args : args.slice(0, at)
}

const flagValue = (args: readonly string[], flag: string): string | undefined => {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  if (at < 0) return undefined
  return args[at]?.includes('=') === true ? args[at].slice(flag.length + 1) : args[at + 1]
}
