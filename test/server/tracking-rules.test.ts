import { isSafePath, parseArtifactAddress } from '../../server/src/core/tracking/artifact-path.js'
import { friendlyName } from '../../server/src/core/tracking/friendly-name.js'
import { attachmentHeader, mediaTypeOf } from '../../server/src/core/tracking/media-type.js'
import { storedValue, wireValue } from '../../server/src/core/tracking/metric-value.js'
import { mayWriteRun } from '../../server/src/core/tracking/ownership.js'
import { offsetOfToken, tokenOfOffset } from '../../server/src/core/tracking/page-token.js'
import { renewAfterMs, silentSinceMs } from '../../server/src/core/tracking/silence.js'

describe('paths of artifacts', () => {
  test.each(['a', 'a/b c/模型.pkl', '..a/b..', '.hidden', 'a'.repeat(1024)])('%s is safe', (path) =>
    expect(isSafePath(path)).toBe(true),
  )

  test.each([
    '',
    '/a',
    'a/',
    'a//b',
    '..',
    'a/../b',
    './a',
    'a/.',
    'a\\b',
    'C:/x',
    'a\u0000b',
    'a\nb',
    'a'.repeat(1025),
  ])('%j is not', (path) => expect(isSafePath(path)).toBe(false))

  test('the proxy has the folders of runs, logged models and traces, and nothing else', () => {
    expect(parseArtifactAddress('12/abc/artifacts/model/MLmodel')).toEqual({
      experimentId: '12',
      owner: { kind: 'run', id: 'abc' },
      path: 'model/MLmodel',
    })
    expect(parseArtifactAddress('0/models/m-1/artifacts/')).toEqual({
      experimentId: '0',
      owner: { kind: 'logged_model', id: 'm-1' },
      path: '',
    })
    expect(parseArtifactAddress('3/traces/tr-1/artifacts/attachments/a')).toEqual({
      experimentId: '3',
      owner: { kind: 'trace', id: 'tr-1' },
      path: 'attachments/a',
    })
    for (const address of [
      '',
      '0',
      '0/abc',
      '0/abc/other/x',
      'x/abc/artifacts/y',
      '0/abc/artifacts/../../secret',
      '/etc',
    ])
      expect(parseArtifactAddress(address)).toBeNull()
  })

  test('files are saved under their names in any language, and never shown', () => {
    expect(attachmentHeader('a/plain.txt')).toBe(`attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`)
    expect(attachmentHeader('模型 "1".pkl')).toBe(
      `attachment; filename="__ _1_.pkl"; filename*=UTF-8''%E6%A8%A1%E5%9E%8B%20%221%22.pkl`,
    )
    expect(attachmentHeader('a\r\nSet-Cookie: x')).not.toMatch(/[\r\n]/)
    expect(mediaTypeOf('model/MLmodel')).toBe('text/plain')
    expect(mediaTypeOf('x.constructor')).toBe('application/octet-stream')
  })
})

describe('who may write to a run', () => {
  const run = { id: 'r1', jobRunId: null }
  const attempt = { attemptId: 'a1', attemptRunId: 'r1' }

  test('a member may; an attempt only to the run of its job and to runs begun inside it', () => {
    expect(mayWriteRun({ attemptId: null }, run)).toBe(true)
    expect(mayWriteRun(attempt, run)).toBe(true)
    expect(mayWriteRun(attempt, { id: 'child', jobRunId: 'r1' })).toBe(true)
    expect(mayWriteRun(attempt, { id: 'other', jobRunId: null })).toBe(false)
    expect(mayWriteRun(attempt, { id: 'other', jobRunId: 'r2' })).toBe(false)
    expect(mayWriteRun({ attemptId: 'a1' }, { id: 'other', jobRunId: null })).toBe(false)
  })
})

test('values without a place in JSON travel as text, and infinities are kept as the largest numbers', () => {
  expect([1.5, Number.NaN, Infinity, -Infinity].map(wireValue)).toEqual([1.5, 'NaN', 'Infinity', '-Infinity'])
  expect([Infinity, -Infinity, 2].map(storedValue)).toEqual([Number.MAX_VALUE, -Number.MAX_VALUE, 2])
})

test('page tokens are read back, and anything else is none', () => {
  expect(offsetOfToken(tokenOfOffset(250))).toBe(250)
  for (const token of ['???', '', btoa('{"offset":-1}'), btoa('{"offset":"1"}'), btoa('null'), btoa('{"offset":1e99}')])
    expect(offsetOfToken(token)).toBeNull()
})

test('a lease is renewed long before it ends, and a lease of nothing never ends', () => {
  expect(silentSinceMs(86_400_000, 100_000_000)).toBe(13_600_000)
  expect(silentSinceMs(0, 100)).toBeNull()
  expect(renewAfterMs(86_400_000)).toBe(60_000)
  expect(renewAfterMs(2000)).toBe(100)
})

test('an id has one name, and many ids have many', () => {
  expect(friendlyName('0'.repeat(32))).toBe(friendlyName('0'.repeat(32)))
  expect(friendlyName('0'.repeat(32))).toMatch(/^[a-z]+-[a-z]+-\d+$/)
  const ids = Array.from({ length: 1000 }, (_, index) => (index * 7919 + 1).toString(16).padStart(32, '0'))
  expect(new Set(ids.map(friendlyName)).size).toBeGreaterThan(990)
})
