import { isFreeAlias } from '../../server/src/core/model-registry/alias.js'
import { readManifest } from '../../server/src/core/model-registry/manifest.js'
import { folderOfSource } from '../../server/src/core/model-registry/source.js'
import { suggestName } from '../../server/src/core/model-registry/suggest-name.js'
import { parseManifest } from '../../server/src/modules/model-registry/mlmodel.js'

const withInputs = (...columns: object[]) => ({ flavors: {}, signature: { inputs: JSON.stringify(columns) } })
const inputsOf = (...columns: object[]) => {
  const manifest = readManifest(withInputs(...columns))
  return manifest.state === 'read' ? manifest.signature?.inputs : manifest.state
}

describe('the signature of an MLmodel file', () => {
  test.each([
    [{ type: 'double', name: 'a' }, 'double'],
    [{ type: 'array', items: { type: 'long' } }, 'Array(long)'],
    [{ type: 'map', values: { type: 'string' } }, 'Map(str -> string)'],
    [
      {
        type: 'object',
        properties: { x: { type: 'string' }, y: { type: 'array', items: { type: 'double' }, required: false } },
      },
      '{x: string (required), y: Array(double) (optional)}',
    ],
    [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 28, 28] } }, 'Tensor(float32, (-1, 28, 28))'],
    [{ type: 'tensor', 'tensor-spec': { dtype: 'int64', shape: [-1] } }, 'Tensor(int64, (-1,))'],
  ])('%j is shown as MLflow prints it', (column, type) => {
    expect(inputsOf(column)).toMatchObject([{ type }])
  })

  test('names what may be left out, and what holds for a parameter that is', () => {
    const columns = [
      { type: 'double', name: 'old', optional: true },
      { type: 'double', name: 'new', required: false },
    ]
    expect(inputsOf(...columns)).toMatchObject([{ required: false }, { required: false }])
    const params = '[{"name": "stop", "type": "string", "default": ["a"], "shape": [-1]}]'
    expect(readManifest({ flavors: {}, signature: { params } })).toMatchObject({
      signature: { inputs: [], params: [{ name: 'stop', type: 'string [-1]', defaultValue: '["a"]' }] },
    })
  })

  test('is absent where the model was saved without one', () => {
    expect(readManifest({ flavors: { sklearn: { sklearn_version: '1.9.1' } } })).toEqual({
      state: 'read',
      signature: null,
      flavors: [{ name: 'sklearn', version: '1.9.1' }],
      mlflowVersion: null,
    })
  })

  test.each([
    ['no file of ours', null],
    ['a list', []],
    ['no flavors', { signature: null }],
    ['columns that are no list', { flavors: {}, signature: { inputs: '{}' } }],
    ['columns that are no JSON', { flavors: {}, signature: { inputs: 'double' } }],
    ['a column of no type', withInputs({ name: 'a' })],
    ['a tensor of no shape', withInputs({ type: 'tensor', 'tensor-spec': { dtype: 'int64' } })],
  ])('is not guessed: %s', (_about, file) => {
    expect(readManifest(file)).toEqual({ state: 'unreadable' })
  })
})

test('a file that would grow when it is read is refused', () => {
  const lines = ['a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]']
  for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => [...pair]))
    lines.push(
      `${name ?? ''}: &${name ?? ''} [${Array(9)
        .fill(`*${of ?? ''}`)
        .join(', ')}]`,
    )
  expect(parseManifest(`flavors: {}\n${lines.join('\n')}`)).toEqual({ state: 'unreadable' })
})

describe('where the files of a version are', () => {
  const id = 'a'.repeat(32)
  test.each([
    [`mlflow-artifacts:/3/${id}/artifacts/model`, { owner: { kind: 'run', id }, path: 'model' }],
    [`mlflow-artifacts:/3/models/m-1/artifacts`, { owner: { kind: 'logged_model', id: 'm-1' }, path: '' }],
    [`runs:/${id}/deep/model`, { owner: { kind: 'run', id }, path: 'deep/model' }],
    [
      `https://host/base/api/2.0/mlflow-artifacts/artifacts/3/${id}/artifacts/model`,
      { owner: { kind: 'run', id }, path: 'model' },
    ],
  ])('%s is a folder of ours', (location, folder) => {
    expect(folderOfSource(location)).toMatchObject(folder)
  })

  test.each(['s3://bucket/model', 'models:/iris/3', '/etc', `runs:/${id}/../other`, 'mlflow-artifacts:/x', ''])(
    '%s is not',
    (location) => {
      expect(folderOfSource(location)).toBeNull()
    },
  )
})

test.each([
  ['flowers', 'model', 'run 1', 'flowers'],
  ['/Users/somebody/churn', 'model', 'run 1', 'churn'],
  ['Default', 'classifier', 'run 1', 'classifier'],
  ['Default', 'model', 'gentle-fox-7', 'gentle-fox-7'],
  ['Default', 'models/best', 'x', 'best'],
  ['Default', '', 'train: a/b', 'train- a-b'],
  ['Default', 'model', '..', 'model'],
])('an experiment "%s" with a model "%s" of a run "%s" suggests "%s"', (experimentName, modelName, runName, name) => {
  expect(suggestName({ experimentName, modelName, runName })).toBe(name)
})

test('an alias is any word that does not mean a version already', () => {
  const names = ['champion', '冠军', 'v2-beta', 'latest', 'LATEST', 'v3', 'V3', 'a b', 'a/b', 'a.b']
  expect(names.filter(isFreeAlias)).toEqual(['champion', '冠军', 'v2-beta'])
})
