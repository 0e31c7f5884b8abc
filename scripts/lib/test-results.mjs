// What a run of Jest found, file by file. Pure: the report comes in as the parsed JSON that `jest --json` writes.

/** A file of a report; one that could not even be loaded counts as one failure. */
const fileOf = ({ name, status, assertionResults }) => {
  const titles = (wanted) => assertionResults.filter((test) => test.status === wanted).map(({ fullName }) => fullName)
  const failed = titles('failed')
  const unloaded = status === 'failed' && assertionResults.length === 0
  return {
    name,
    passed: titles('passed').length,
    failed: unloaded ? [''] : failed,
    skipped: titles('pending'),
    good: status !== 'failed',
  }
}

export const filesOf = ({ testResults }) => testResults.map(fileOf)

/** Editors, browsers and processes killed on purpose now and then meet a busy machine. A change that breaks more is broken. */
const mostForgiven = 3

/** The files that deserve a second look: none of many, since then it is not the machine. */
export const worthASecondLook = (files) => {
  const failed = files.filter(({ good }) => !good)
  return failed.length <= mostForgiven ? failed.map(({ name }) => name) : []
}

/** The files as the second look leaves them, and the tests that failed at the first and passed at the second. */
export const afterSecondLook = (first, second) => {
  const again = new Map(second.map((file) => [file.name, file]))
  return {
    files: first.map((file) => again.get(file.name) ?? file),
    unsteady: first.flatMap((file) =>
      again.get(file.name)?.good === true ? file.failed.map((title) => ({ name: file.name, title })) : [],
    ),
  }
}
