import { liesWithin, readSource } from '../../server/src/core/model-registry/source.js'
import { stageOf } from '../../server/src/core/model-registry/stages.js'

test.each([
  ['models:/m-0123', { kind: 'logged_model', modelId: 'm-0123' }],
  ['models:/iris/3', { kind: 'version', name: 'iris', which: { version: 3 } }],
  ['models:/iris@champion', { kind: 'version', name: 'iris', which: { alias: 'champion' } }],
  ['models:/iris/latest', { kind: 'version', name: 'iris', which: { latest: true, stage: null } }],
  ['models:/iris/Production', { kind: 'version', name: 'iris', which: { latest: true, stage: 'Production' } }],
  ['models:/%E9%B8%A2%E5%B0%BE/3', { kind: 'version', name: '鸢尾', which: { version: 3 } }],
  ['runs:/0123/model', { kind: 'run', runId: '0123' }],
  ['mlflow-artifacts:/0/r/artifacts/model', { kind: 'kept' }],
  ['MLFLOW-ARTIFACTS://host/0/r/artifacts', { kind: 'kept' }],
  ['https://host/api/2.0/mlflow-artifacts/artifacts/0/r', { kind: 'kept' }],
  ['s3://bucket/model', { kind: 'elsewhere' }],
  ['https://host/model', { kind: 'elsewhere' }],
  ['/etc/passwd', { kind: 'local' }],
  ['file:///etc/passwd', { kind: 'local' }],
  ['C:\\models', { kind: 'local' }],
  ['models', { kind: 'local' }],
])('%s is read', (source, expected) => expect(readSource(source)).toEqual(expected))

test.each([
  ['s3://bucket/a/../b', 'relative'],
  ['mlflow-artifacts:/0/r/artifacts/%2e%2e/x', 'relative'],
  ['mlflow-artifacts:/0/r/artifacts/%252e%252e/x', 'relative'],
  ['mlflow-artifacts:/0/r/..%2f..%2fx', 'relative'],
  ['s3://bucket/a%00b', 'relative'],
  ['models:/', 'reference'],
  ['models:/a/b/c', 'reference'],
  ['models://host/iris/1', 'registry'],
  ['runs:/', 'reference'],
])('%s is refused', (source, why) => expect(readSource(source)).toEqual({ kind: 'malformed', why }))

test.each([
  ['mlflow-artifacts:/0/r/artifacts/model', true],
  ['mlflow-artifacts:/0/r/artifacts', true],
  ['mlflow-artifacts:/0/r/artifacts/', true],
  ['mlflow-artifacts:/0/r/artifacts%2fmodel', false],
  ['mlflow-artifacts:/0/r/artifacts2/model', false],
  ['mlflow-artifacts:/0/other/artifacts/model', false],
  ['mlflow-artifacts://host/0/r/artifacts/model', false],
  ['s3:/0/r/artifacts/model', false],
])('%s lies within the files of a run: %s', (source, within) =>
  expect(liesWithin(source, 'mlflow-artifacts:/0/r/artifacts')).toBe(within),
)

test('stages are known in any spelling', () => {
  expect(['none', 'STAGING', 'Production', 'archived'].map(stageOf)).toEqual([
    'None',
    'Staging',
    'Production',
    'Archived',
  ])
  expect(stageOf('live')).toBeNull()
})
