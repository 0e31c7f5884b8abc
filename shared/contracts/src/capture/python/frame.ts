/**
 * What stands before an answer on its line, so that it is found among whatever else an interpreter prints. The line is
 * `<marker><json>`, in ASCII.
 */
export const answerMarker = '__novabrain_answer__:'

/**
 * Wrap Python functions into a program that answers once. The last function must be `answer(request)`. Everything lives
 * inside one function that is deleted at the end, so that a kernel's namespace stays as it was; an error becomes an
 * answer. The program is for Python 3.8 and later, uses the standard library alone, and is ASCII.
 */
export const frame = (functions: readonly string[], request: unknown): string => {
  const body = [start, ...functions, end].map(indent).join('\n')
  return `def __novabrain__(text):\n${body}\ntry:\n    __novabrain__(${pythonString(request)})\nfinally:\n    del __novabrain__\n`
}

const start = String.raw`import json, os, re, sys, time, warnings
started = time.monotonic()
`

const end = String.raw`def run():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            result = answer(json.loads(text))
        except Exception as error:
            result = {'error': type(error).__name__ + ': ' + str(error)[:1000]}
    result['tookMs'] = int((time.monotonic() - started) * 1000)
    sys.stdout.write('\n${answerMarker}' + json.dumps(result, separators=(',', ':')) + '\n')
    sys.stdout.flush()
run()`

const indent = (code: string): string => code.replace(/^(?=.)/gm, '    ')

/** JSON as a Python string literal. Everything beyond ASCII is escaped within the JSON, where pairs of surrogates join. */
const pythonString = (value: unknown): string =>
  JSON.stringify(
    JSON.stringify(value).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  )
