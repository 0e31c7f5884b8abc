import { pino, type Logger } from 'pino'
import type { Config } from './config.js'

/** Every kind of token we give, wherever it stands in a line. */
const tokens = /\bnb([sadc])?_([0-9a-f]{32})_[A-Za-z0-9_-]{43}/g

/** A line with the secrets of tokens taken out; their ids stay, so that one can tell which key it was. */
export const maskTokens = (line: string): string => line.replace(tokens, 'nb$1_$2_…')

/**
 * Bytes with the secrets of tokens made unreadable in place: as many bytes as before, so that offsets stay. For what
 * programs print, which more people may read than may use their token.
 */
export const maskTokenBytes = (bytes: Buffer): Buffer =>
  ['nb_', 'nbs_', 'nba_', 'nbd_', 'nbc_'].some((prefix) => bytes.includes(prefix))
    ? Buffer.from(
        bytes.toString('latin1').replace(tokens, (token) => token.slice(0, -43) + '*'.repeat(43)),
        'latin1',
      )
    : bytes

/** The log: JSON lines with ids and a short sentence. Secrets never reach it, by name or by form. */
export const createLog = (
  { logLevel }: Pick<Config, 'logLevel'>,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger =>
  pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'token',
          '*.token',
          'password',
          '*.password',
          'secret',
          '*.secret',
          '*.headers.authorization',
          '*.headers.cookie',
        ],
        censor: '…',
      },
    },
    { write: (line: string) => write(maskTokens(line)) },
  )
