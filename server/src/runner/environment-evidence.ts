/**
 * The lines of uv's complaint that tell a person what is wrong, on one line: what failed, why, and the hint if it gave one.
 * uv draws its chain of causes with `×`, `├─▶` and `╰─▶`, and quotes a build's own output between them.
 */
export const uvEvidence = (stderr: string): string => {
  const lines = withoutCredentials(stderr)
    .split('\n')
    // eslint-disable-next-line no-control-regex -- control characters are what is taken out
    .map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trimEnd())
    .filter((line) => line.trim() !== '')
  const told = lines
    .filter(isChain)
    .map((line) => line.replace(/^[\s×├│╰─▶]+/, '').replace(/^(error|[Cc]aused by|cause): /, ''))
  const quoted = lines.filter((line) => !isChain(line)).map((line) => line.replace(/^[\s│]+/, ''))
  const inner = quoted.findLast((line) => buildFault.test(line))
  const hint = lines.map((line) => /^\s*hint: (.*)$/.exec(line)?.[1]).find((text) => text && !commonplace.test(text))
  const [what] = told
  if (what === undefined) return lines.at(-1)?.trim() ?? 'uv ended without a word'
  const why = inner === undefined ? told.slice(1) : [inner]
  return [what, ...why].join(': ') + (hint ? ` (${hint})` : '')
}

/** The address of an index may carry them, and the evidence is for everybody in the project. */
const withoutCredentials = (text: string): string => text.replace(/(\w+:\/\/)[^\s/@]+@/g, '$1')

const commonplace = /^(Build failures usually indicate|This usually indicates)/
const isChain = (line: string): boolean =>
  /^\s*(×|├─▶|╰─▶)/.test(line) || /^(error|\s+[Cc]aused by|\s+cause): /.test(line)

const buildFault = /^((\w+\.)*\w*(Error|Exception)|error|fatal error)\b.*:|: (fatal )?error: /
