import type { IStateDB } from '@jupyterlab/statedb'
import { driftOf, type RememberedPin } from '@novabrain/contracts'
import { createEnvironments, type Asked } from '../../extensions/jupyterlab/src/models/environments.js'

const pin: RememberedPin = {
  digest: 'd'.repeat(64),
  captureDigest: 'c1',
  pythonVersion: '3.11.7',
  versions: { numpy: '2.1.0', pandas: '2.3.3' },
}
const asked = (change: Partial<Asked> = {}): Asked => ({
  captureDigest: 'c2',
  pythonVersion: '3.11.7',
  distributions: [
    { name: 'numpy', version: '2.1.0' },
    { name: 'pandas', version: '2.3.3' },
  ],
  ...change,
})
const memory = () => {
  const kept = new Map<string, unknown>()
  const store = {
    fetch: (key: string) => Promise.resolve(kept.get(key)),
    save: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  }
  return store as unknown as IStateDB
}

test('without a pin nothing is known', () => {
  expect(driftOf(null, asked())).toEqual({ kind: 'unknown' })
})

test('the same capture is the pinned environment, and so are the same versions', () => {
  expect(driftOf(pin, asked({ captureDigest: 'c1' })).kind).toBe('pinned')
  expect(driftOf(pin, asked()).kind).toBe('pinned')
})

test('drift names each package that changed, came or went, and Python itself', () => {
  const distributions = [
    { name: 'Numpy', version: '2.2.0' },
    { name: 'polars', version: '1.0.0' },
  ]
  expect(driftOf(pin, asked({ pythonVersion: '3.12.1', distributions }))).toEqual({
    kind: 'drifted',
    changes: ['Python 3.11.7 → 3.12.1', 'numpy 2.1.0 → 2.2.0', '+ polars 1.0.0', '− pandas 2.3.3'],
  })
})

test('a pin is remembered beyond the life of the page', async () => {
  const store = memory()
  createEnvironments(store, () => Promise.resolve(null)).pinned('a.ipynb', pin)
  const later = createEnvironments(store, () => Promise.resolve(asked()))
  await later.check('a.ipynb')
  expect(later.lastPin('a.ipynb')).toEqual(pin)
  expect(later.stateOf('a.ipynb')).toEqual({ kind: 'pinned', packageCount: 2 })
})

test('a kernel that cannot answer now changes nothing', async () => {
  const environments = createEnvironments(memory(), () => Promise.resolve(null))
  environments.pinned('a.ipynb', pin)
  expect(await environments.check('a.ipynb')).toEqual({ kind: 'pinned', packageCount: 2 })
})

test('the notebooks remembered are bounded, the longest unused go first', () => {
  const environments = createEnvironments(memory(), () => Promise.resolve(null))
  for (let n = 0; n < 50; n += 1) environments.pinned(`${n}.ipynb`, pin)
  expect(environments.lastPin('9.ipynb')).toBeNull()
  expect(environments.lastPin('10.ipynb')).toEqual(pin)
})
