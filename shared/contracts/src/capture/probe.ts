import { Type, type Static } from '@sinclair/typebox'
import { Check } from '@sinclair/typebox/value'
import { nullable } from '../schema/common.js'
import { EnvironmentCapture } from '../schema/environment.js'
import { codeSource } from './python/code.js'
import { hashSource, readSource } from './python/contents.js'
import { environmentSource } from './python/environment.js'
import { folderSource } from './python/folder.js'
import { answerMarker, frame } from './python/frame.js'
import { gitSource } from './python/git.js'
import { probeSourceAnswer } from './python/probe.js'
import { secretNames, toolFolders } from './folders.js'

/**
 * Questions to a Python interpreter, each a program for Python 3.8 and later that uses only the standard library, leaves
 * no name behind and prints one line. Run it silently in the active kernel, or give it to `python -` on standard input (a
 * command line would be too short), and read the answer with `parseProbe`, `parseHashes` or `parseContents`.
 */
export interface ProbeRequest {
  /** Ask for the interpreter and its packages; they cost most of the time. Default `true`. */
  readonly environment?: boolean
  /** The folder whose files may go along; left out, only the environment is asked for. */
  readonly workspace?: {
    /** An absolute path, or one relative to where the interpreter runs. */
    readonly folder: string
    /** The path of the notebook or script inside the folder, with forward slashes. It need not exist. */
    readonly entrypoint: string
    /** The code of the entrypoint as it is in the editor: one string for a script, one for each cell of a notebook. */
    readonly code: readonly string[]
    /** Words that may name files beside the strings in the code: arguments, and words of shell and magic lines. */
    readonly words?: readonly string[]
    /** Files and folders that the user asked for. */
    readonly named?: readonly string[]
  }
}

/** Bounds of a probe. What they cut off is told in `cut`. */
export const probeLimits = {
  files: 5000,
  modules: 1000,
  mentions: 2000,
  /** For listing and reading code. */
  seconds: 2,
  gitSeconds: 2,
  patchBytes: 1_000_000,
} as const

const ListedFile = Type.Object({
  path: Type.String(),
  sizeBytes: Type.Integer({ minimum: 0 }),
  /** When it was last written, microseconds since 1970. */
  mtimeUs: Type.Integer(),
  executable: Type.Boolean(),
})
/** A file as the interpreter sees it. */
export type ListedFile = Static<typeof ListedFile>

const ProbedGit = Type.Object({
  commit: nullable(Type.String()),
  branch: nullable(Type.String()),
  remote: nullable(Type.String()),
  dirty: Type.Boolean(),
  /** The uncommitted patch of the folder in base 64 (a patch need not be text). */
  patch: nullable(Type.String()),
  patchDigest: nullable(Type.String()),
})

const ProbedFolder = Type.Object({
  /** The folder with links resolved. */
  path: Type.String(),
  files: Type.Array(ListedFile),
  /** What was seen and not entered or listed. */
  skipped: Type.Array(
    Type.Object({
      path: Type.String(),
      reason: Type.Union([
        Type.Literal('tool_folder'),
        Type.Literal('gitignored'),
        Type.Literal('outside_folder'),
        Type.Literal('unreadable'),
      ]),
    }),
  ),
  /** What git ignores, folders with a slash at their end. */
  ignored: Type.Array(Type.String()),
  git: nullable(ProbedGit),
  /** Local modules that the code imports, directly or through each other. */
  modules: Type.Array(Type.String()),
  /** Strings in the code that may name files. */
  mentions: Type.Array(Type.String()),
  /** Files that are imported or mentioned and lie elsewhere. */
  outside: Type.Array(Type.Object({ path: Type.String(), sizeBytes: Type.Integer() })),
  /** Which bounds were reached. */
  cut: Type.Array(Type.String()),
  nowUs: Type.Integer(),
})
export type ProbedFolder = Static<typeof ProbedFolder>

const ProbeAnswer = Type.Object({
  capture: nullable(EnvironmentCapture),
  folder: nullable(ProbedFolder),
  /** Distributions whose metadata is broken; they are not in the capture. */
  problems: Type.Array(Type.String()),
  tookMs: Type.Integer(),
})
export type ProbeAnswer = Static<typeof ProbeAnswer>

const HashAnswer = Type.Object({
  /** By path: SHA-256, size in bytes, time of writing in microseconds. */
  hashes: Type.Record(Type.String(), Type.Tuple([Type.String(), Type.Integer(), Type.Integer()])),
  failed: Type.Record(Type.String(), Type.String()),
  nowUs: Type.Integer(),
})
export type HashAnswer = Static<typeof HashAnswer>

const ContentsAnswer = Type.Object({ data: Type.String(), sizeBytes: Type.Integer() })
export type ContentsAnswer = Static<typeof ContentsAnswer>

/** The Python of the probe, for those who want to read what is asked. */
export const probeSource = [environmentSource, gitSource, folderSource, codeSource, probeSourceAnswer].join('\n')

/** The program that asks for the environment and, with a workspace, for its files. Answer: `parseProbe`. */
export const probeProgram = ({ environment = true, workspace }: ProbeRequest): string =>
  frame([probeSource], {
    environment,
    folder: workspace?.folder ?? null,
    entrypoint: workspace?.entrypoint ?? '',
    code: workspace?.code ?? [],
    words: workspace?.words ?? [],
    named: workspace?.named ?? [],
    secretNames,
    toolFolders,
    limits: probeLimits,
  })

/** The program that hashes files of a folder, at most `seconds` long. Answer: `parseHashes`. */
export const hashProgram = (request: { folder: string; paths: readonly string[]; seconds: number }): string =>
  frame([hashSource], request)

/** The program that reads `length` bytes of a file from `offset`. Answer: `parseContents`. */
export const readProgram = (request: { folder: string; path: string; offset: number; length: number }): string =>
  frame([readSource], request)

/** The interpreter gave no answer, or one that cannot be understood; `message` says what it said. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
}

/** The answer of `probeProgram` in what the interpreter printed. Throws `ProbeError`. */
export const parseProbe = (output: string): ProbeAnswer => parse(output, ProbeAnswer)

/** The answer of `hashProgram`. Throws `ProbeError`. */
export const parseHashes = (output: string): HashAnswer => parse(output, HashAnswer)

/** The answer of `readProgram`. Throws `ProbeError`. */
export const parseContents = (output: string): ContentsAnswer => parse(output, ContentsAnswer)

const parse = <S extends typeof ProbeAnswer | typeof HashAnswer | typeof ContentsAnswer>(
  output: string,
  schema: S,
): Static<S> => {
  const at = output.lastIndexOf(answerMarker)
  if (at < 0) throw new ProbeError(`Python did not answer: ${output.slice(-500).trim() || 'it printed nothing'}`)
  const line = output.slice(at + answerMarker.length).split('\n', 1)[0] ?? ''
  const value = jsonOf(line)
  if (typeof value === 'object' && value !== null && 'error' in value)
    throw new ProbeError(`Python could not answer: ${String(value.error)}`)
  if (!Check(schema, value)) throw new ProbeError('The answer of Python was cut off or is not understood')
  return value
}

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
