import type { Distribution, EnvironmentCapture } from '@novabrain/contracts'
import { directionOf, findClashes } from '../../server/src/core/environment/conflicts.js'
import { holds, markerEnvironment, parseRequirement } from '../../server/src/core/environment/requirement.js'
import { compareVersions, meets, parseVersion } from '../../server/src/core/environment/version.js'

const captureOf = (distributions: Distribution[]): EnvironmentCapture => ({
  pythonVersion: '3.11.7',
  implementation: 'CPython',
  system: 'Linux',
  machine: 'x86_64',
  libc: 'glibc 2.36',
  cudaVersion: null,
  driverVersion: null,
  distributions,
})
const clashes = (...distributions: Distribution[]) => findClashes(captureOf(distributions))

describe('what clashes', () => {
  test('a broken requirement names the pair and who asks for each', () => {
    const [clash] = clashes(
      { name: 'numpy', version: '2.1.0' },
      { name: 'Old_Lib', version: '1.0', requires: ['NumPy <2'] },
      { name: 'new-lib', version: '3.0', requires: ['numpy>=2.0'] },
    )
    expect(clash).toMatchObject({
      package: 'numpy',
      installed: '2.1.0',
      left: { requirement: 'numpy<2', requiredBy: 'Old_Lib 1.0' },
      right: { requirement: 'numpy>=2.0', requiredBy: 'new-lib 3.0' },
    })
  })

  test('where another version would please everybody, the installed one is the other side', () => {
    const [clash] = clashes(
      { name: 'numpy', version: '2.1.0' },
      { name: 'old', version: '1.0', requires: ['numpy<2'] },
      { name: 'easy', version: '1.0', requires: ['numpy>=1.20'] },
    )
    expect(clash?.right).toEqual({ requirement: 'numpy==2.1.0', requiredBy: 'numpy 2.1.0' })
  })

  test('requirements of extras, of other systems and of what is not installed break nothing', () => {
    expect(
      clashes(
        { name: 'numpy', version: '2.1.0' },
        {
          name: 'lib',
          version: '1.0',
          requires: [
            'numpy<2; extra == "old"',
            'numpy<2; sys_platform == "win32"',
            'numpy<2; python_version < "3.9"',
            'numpy<2; unheard_of == "x"',
            'absent>=1',
            'numpy @ https://example.org/numpy.whl',
            '((broken',
          ],
        },
      ),
    ).toEqual([])
  })

  test('the order of a capture changes nothing', () => {
    const all: Distribution[] = [
      { name: 'a', version: '1', requires: ['c<1'] },
      { name: 'b', version: '1', requires: ['c<1', 'd>2'] },
      { name: 'c', version: '1.5' },
      { name: 'd', version: '2' },
    ]
    expect(clashes(...all)).toHaveLength(3)
    expect(clashes(...[...all].reverse())).toEqual(clashes(...all))
  })

  test.each([
    ['<2', '2.1.0', 'down'],
    ['>=1,<2', '2.1.0', 'down'],
    ['==1.26.4', '2.1.0', 'down'],
    ['~=1.26', '2.1.0', 'down'],
    ['>=3', '2.1.0', 'up'],
    ['==3.0', '2.1.0', 'up'],
  ])('the nearest version that meets %s lies %s → %s', (specifiers, installed, direction) => {
    const [clash] = clashes(
      { name: 'numpy', version: installed },
      { name: 'lib', version: '1', requires: [`numpy${specifiers}`] },
    )
    expect(clash === undefined ? null : directionOf(clash)).toBe(direction)
  })
})

describe('versions', () => {
  test('are ordered as PEP 440 says', () => {
    const ordered = [
      '1.0.dev1',
      '1.0a1.dev1',
      '1.0a1',
      '1.0b2',
      '1.0rc1',
      '1.0',
      '1.0+abc',
      '1.0+abc.5',
      '1.0+5',
      '1.0.post1.dev1',
      '1.0.post1',
      '1.1',
      '1!0.5',
    ]
    const parsed = ordered.flatMap((text) => parseVersion(text) ?? [])
    expect(parsed).toHaveLength(ordered.length)
    const shuffled = [...parsed].reverse().sort(compareVersions)
    expect(shuffled).toEqual(parsed)
  })

  test.each([
    ['1.26.4', '<2', true],
    ['2.0.0rc1', '<2', false],
    ['2.0', '==2.0.0', true],
    ['2.0+cu124', '==2.0', true],
    ['2.0', '==2.0+cu124', false],
    ['1.4.5', '~=1.4', true],
    ['2.0', '~=1.4', false],
    ['1.4.9', '~=1.4.5', true],
    ['1.5.0', '~=1.4.5', false],
    ['1.5.3', '==1.5.*', true],
    ['1.50', '==1.5.*', false],
    ['1.5.3', '!=1.5.*', false],
    ['1.7.post1', '>1.7', false],
    ['1.7.1', '>1.7', true],
    ['1.7', '>=1.0,!=1.7', false],
    ['1.7', '(>=1.0,<2)', true],
    ['foo', '===foo', true],
    ['not-a-version', '>=1', null],
    ['1.0', '', true],
  ])('%s against %s: %s', (version, specifiers, expected) => expect(meets(version, specifiers)).toBe(expected))
})

describe('requirements and markers', () => {
  test.each([
    ['numpy (>=1.0,<2) ; python_version >= "3.8"', 'numpy', '>=1.0,<2', 'python_version >= "3.8"'],
    ['Foo_Bar[x,y]~=1.0', 'foo-bar', '~=1.0', null],
    ['plain', 'plain', '', null],
  ])('%s', (text, name, specifiers, marker) => {
    expect(parseRequirement(text)).toEqual({ name, specifiers, marker, url: null })
  })

  test('an address keeps its semicolon, and a marker after a space', () => {
    expect(parseRequirement('x @ https://e.org/a;b.whl ; extra == "z"')).toEqual({
      name: 'x',
      specifiers: '',
      marker: 'extra == "z"',
      url: 'https://e.org/a;b.whl',
    })
  })

  test.each([
    [`python_version < "3.12" and sys_platform == 'linux'`, true],
    [`python_version >= "3.9"`, true],
    [`python_full_version < "3.11.7"`, false],
    [`(os_name == "nt" or platform_machine == "x86_64") and implementation_name == "cpython"`, true],
    [`platform_system in "Linux Darwin"`, true],
    [`platform_system not in "Linux Darwin"`, false],
    [`extra == "dev"`, false],
    [`extra == "dev" or python_version > "3"`, true],
    [`some_new_thing == "x"`, null],
    [`some_new_thing == "x" and os_name == "nt"`, false],
    [`python_version >`, null],
  ])('%s: %s', (marker, expected) => {
    expect(holds(marker, markerEnvironment(captureOf([])))).toBe(expected)
  })
})
