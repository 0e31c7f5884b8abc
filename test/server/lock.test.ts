import type { Distribution, EnvironmentCapture, LockedPackage } from '@novabrain/contracts'
import { missingFromIndex, splitByOrigin } from '../../server/src/core/environment/availability.js'
import { parseLock, renderLock, type LockContent } from '../../server/src/core/environment/lock.js'
import { platformName, uvPlatform } from '../../server/src/core/environment/platform.js'
import { readReport } from '../../server/src/core/environment/resolver-report.js'

const capture = (more: Partial<EnvironmentCapture> = {}): EnvironmentCapture => ({
  pythonVersion: '3.11.7',
  implementation: 'CPython',
  system: 'Linux',
  machine: 'x86_64',
  libc: 'glibc 2.36',
  cudaVersion: null,
  driverVersion: null,
  distributions: [],
  ...more,
})

describe('the lock', () => {
  const packages: LockedPackage[] = [
    { name: 'numpy', version: '1.26.4', hashes: ['sha256:bb', 'sha256:aa'] },
    { name: 'click', version: '8.1.7', hashes: ['sha256:cc'] },
  ]
  const content: LockContent = {
    pythonVersion: '3.11.7',
    implementation: 'CPython',
    platform: 'linux-x86_64-gnu',
    cudaVersion: '12.4',
    packages,
    unavailable: [{ name: 'mine', version: '0.1', reason: 'editable', origin: 'file:///home/me/mine' }],
  }

  test('is a requirements file with hashes and a header that names no place', () => {
    expect(renderLock(content)).toBe(
      [
        '# NovaBrain environment lock 1',
        '# python 3.11.7 CPython',
        '# platform linux-x86_64-gnu',
        '# cuda 12.4',
        '# without mine==0.1 (editable)',
        'click==8.1.7 \\',
        '    --hash=sha256:cc',
        'numpy==1.26.4 \\',
        '    --hash=sha256:aa \\',
        '    --hash=sha256:bb',
        '',
      ].join('\n'),
    )
  })

  test('has the same bytes in whatever order packages and hashes come, and reads back', () => {
    const shuffled = [...packages].reverse().map((p) => ({ ...p, hashes: [...p.hashes].reverse() }))
    expect(renderLock({ ...content, packages: shuffled })).toBe(renderLock(content))
    expect(renderLock({ ...content, packages: parseLock(renderLock(content)) })).toBe(renderLock(content))
  })

  test('does not let a capture begin a line of its own', () => {
    const evil = { name: 'x\nevil==1', version: '1\r\n--index-url http://e', reason: 'local', origin: null } as const
    const lines = renderLock({ ...content, implementation: 'C\u2028evil==2', unavailable: [evil] }).split(
      /\r|\n|\u2028/,
    )
    expect(lines.filter((line) => /^(evil|--)/.test(line))).toEqual([])
  })
})

describe('where packages come from', () => {
  const reasonOf = (distribution: Partial<Distribution>) =>
    splitByOrigin(capture({ distributions: [{ name: 'x', version: '1.0', ...distribution }] })).unavailable[0]
      ?.reason ?? null

  test.each<[Partial<Distribution>, string | null]>([
    [{}, null],
    [{ editable: true, directUrl: 'file:///home/me/x' }, 'editable'],
    [{ directUrl: 'file:///tmp/x-1.0-py3-none-any.whl' }, 'local'],
    [{ directUrl: 'https://github.com/me/x' }, 'local'],
    [{ installer: 'conda', directUrl: 'file:///croot/x_1700/work' }, null],
    [{ directUrl: 'file:///home/conda/feedstock_root/build_artifacts/x/work' }, null],
    [{ version: '1.0 --index-url=http://e' }, 'not_on_index'],
    [{ name: '--editable' }, 'not_on_index'],
    [{ version: '1.0\n-e /etc' }, 'not_on_index'],
  ])('%j: %s', (distribution, reason) => expect(reasonOf(distribution)).toBe(reason))

  test('an address is kept without what lets one in', () => {
    const directUrl = 'https://me:secret@git.example.org/x.whl?token=secret#subdirectory=a'
    const { unavailable } = splitByOrigin(capture({ distributions: [{ name: 'x', version: '1.0', directUrl }] }))
    expect(unavailable[0]?.origin).toBe('https://git.example.org/x.whl#subdirectory=a')
  })

  test('what no index has is named by who installed it, with where its build lies if that is known', () => {
    expect(missingFromIndex({ name: 'mkl', version: '1', installer: 'conda' }).reason).toBe('conda_only')
    expect(missingFromIndex({ name: 'torch', version: '2.4.0+cu124' })).toEqual({
      name: 'torch',
      version: '2.4.0+cu124',
      reason: 'not_on_index',
      origin: 'https://download.pytorch.org/whl/cu124',
    })
  })
})

test.each<[Partial<EnvironmentCapture>, string, string | null]>([
  [{}, 'linux-x86_64-gnu', 'x86_64-manylinux_2_36'],
  [{ libc: 'glibc 2.27' }, 'linux-x86_64-gnu', 'x86_64-manylinux_2_17'],
  [{ libc: 'glibc 2.99' }, 'linux-x86_64-gnu', 'x86_64-manylinux_2_40'],
  [{ libc: 'musl', machine: 'aarch64' }, 'linux-aarch64-musl', 'aarch64-unknown-linux-musl'],
  [{ system: 'Darwin', machine: 'arm64', libc: null }, 'macos-aarch64', 'aarch64-apple-darwin'],
  [{ system: 'Windows', machine: 'AMD64', libc: null }, 'windows-x86_64', 'x86_64-pc-windows-msvc'],
  [{ machine: 'riscv64' }, 'linux-riscv64-gnu', null],
])('platform %j is %s', (more, name, uv) => {
  expect([platformName(capture(more)), uvPlatform(capture(more))]).toEqual([name, uv])
})

describe('what uv says', () => {
  test.each([
    [
      'missing',
      'error: No solution found when resolving dependencies\n  cause: Because nosuch-zz was not found in the package registry and you require nosuch-zz==1.0, we can conclude that your requirements are unsatisfiable.',
      { names: ['nosuch-zz'] },
    ],
    [
      'missing',
      'Because there is no version of torch==2.4.0+cu124 and you require torch==2.4.0+cu124, we can conclude',
      { names: ['torch'] },
    ],
    [
      'missing',
      'Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you require pywin32==306',
      { names: ['pywin32'] },
    ],
    [
      'not_cached',
      'Because flask was not found in the cache and you require flask==3.0.0, we can\n conclude\n\nhint: Packages were unavailable because the network was disabled.',
      { names: ['flask'] },
    ],
    [
      'python',
      'Because the requested Python version (>=3.10) does not satisfy Python>=3.11 and numpy==2.4.0 depends on Python>=3.11, we can conclude',
      { name: 'numpy', version: '2.4.0', requires: '>=3.11' },
    ],
    ['unreachable', 'error: Request failed after 3 retries\n  cause: Failed to fetch: http://x/simple/numpy/', {}],
    ['other', 'error: something with https://me:token@index.example.org/simple', {}],
  ])('%s', (kind, stderr, more) => expect(readReport(stderr)).toMatchObject({ kind, ...more }))

  test('is told without the credentials of an index', () => {
    expect(JSON.stringify(readReport('error: bad https://me:token@index.example.org/simple'))).not.toContain('token')
  })
})
