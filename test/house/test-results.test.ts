/** What `npm test` makes of a failure: once more for a few, never for many, and never silently. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'

const scripts = path.resolve(__dirname, '../../scripts')

/** The module is a script's, so it is asked in a process of its own. */
const ask = (expression: string): unknown =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { afterSecondLook, filesOf, worthASecondLook } from './lib/test-results.mjs'
         const file = (name, ...tests) => ({
           name,
           status: tests.some(([, status]) => status === 'failed') || tests.length === 0 ? 'failed' : 'passed',
           assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
         })
         const read = (...files) => filesOf({ testResults: files })
         console.log(JSON.stringify(${expression}))`,
      ],
      { cwd: scripts, encoding: 'utf8' },
    ),
  )

test('a file that fails is run once more; four that fail are not', () => {
  expect(ask(`worthASecondLook(read(file('a', ['x', 'passed']), file('b', ['y', 'failed'])))`)).toEqual(['b'])
  expect(ask(`worthASecondLook(read(...['a', 'b', 'c', 'd'].map((name) => file(name, ['x', 'failed']))))`)).toEqual([])
})

test('a file that cannot be loaded counts as a failure', () => {
  expect(ask(`read(file('a'))`)).toEqual([{ name: 'a', passed: 0, failed: [''], skipped: [], good: false }])
})

test('what passes at the second look is told by name, and what fails again stays a failure', () => {
  const first = `read(file('a', ['x', 'failed'], ['y', 'passed']), file('b', ['z', 'failed']))`
  const second = `read(file('a', ['x', 'passed'], ['y', 'passed']), file('b', ['z', 'failed']))`
  expect(ask(`afterSecondLook(${first}, ${second})`)).toEqual({
    files: [
      { name: 'a', passed: 2, failed: [], skipped: [], good: true },
      { name: 'b', passed: 0, failed: ['z'], skipped: [], good: false },
    ],
    unsteady: [{ name: 'a', title: 'x' }],
  })
})

test('a file without failures is not touched by a second look that did not happen', () => {
  const all = `read(file('a', ['x', 'passed'], ['y', 'pending']))`
  expect(ask(`afterSecondLook(${all}, ${all})`)).toEqual({
    files: [{ name: 'a', passed: 1, failed: [], skipped: ['y'], good: true }],
    unsteady: [],
  })
})
