/** A parameter as one types it: text without quotes where that is not mistaken for something else, JSON otherwise. */
export const parameterText = (value: unknown): string =>
  typeof value === 'string' && parseParameter(value) === value ? value : JSON.stringify(value)

/** What was typed, as a value: JSON (a number, a list, `true`) where it is JSON, else the text itself. */
export const parseParameter = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A line of arguments cut as a shell would: spaces separate, quotes keep together, a backslash takes the next as it is. */
export const splitArguments = (line: string): readonly string[] =>
  [...line.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)].map(([word]) =>
    word.replace(
      /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
      (_, escaped?: string, double?: string, single?: string) =>
        escaped ?? single ?? (double ?? '').replace(/\\(.)/g, '$1'),
    ),
  )

/** Arguments as one line that `splitArguments` cuts into the same again. */
export const joinArguments = (words: readonly string[]): string =>
  words.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`)).join(' ')
