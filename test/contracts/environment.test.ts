import {
  canonicalCapture,
  driftFrom,
  hasDrifted,
  restoreSteps,
  type EnvironmentCapture,
  type EnvironmentPin,
} from '@novabrain/contracts'

const capture: EnvironmentCapture = {
  pythonVersion: '3.11.7',
  implementation: 'CPython',
  system: 'Linux',
  machine: 'x86_64',
  libc: 'glibc 2.36',
  cudaVersion: null,
  driverVersion: null,
  distributions: [
    { name: 'Foo_Bar', version: '1.0', requires: ['a', 'b'] },
    { name: 'numpy', version: '1.26.4', installer: 'pip' },
  ],
}
const pin: Pick<EnvironmentPin, 'digest' | 'pythonVersion' | 'packages' | 'unavailable'> = {
  digest: 'ab'.repeat(32),
  pythonVersion: '3.11.7',
  packages: [{ name: 'numpy', version: '1.26.4', hashes: [] }],
  unavailable: [{ name: 'foo-bar', version: '1.0', reason: 'editable', origin: null }],
}

describe('the text of a capture', () => {
  test('is the same in whatever order packages and requirements are told, and however a name is spelled', () => {
    const [foo, numpy] = capture.distributions
    const other = [numpy, { ...foo, name: 'foo-bar', requires: ['b', 'a'] }] as EnvironmentCapture['distributions']
    expect(canonicalCapture({ ...capture, distributions: other })).toBe(canonicalCapture(capture))
  })

  test.each<Partial<EnvironmentCapture>>([
    { pythonVersion: '3.11.8' },
    { machine: 'aarch64' },
    { cudaVersion: '12.4' },
    { distributions: capture.distributions.slice(1) },
    { distributions: [{ name: 'numpy', version: '1.26.4', installer: 'conda' }] },
  ])('differs when the environment does: %j', (change) => {
    expect(canonicalCapture({ ...capture, ...change })).not.toBe(canonicalCapture(capture))
  })
})

describe('drift', () => {
  test('is none while packages stay, those that no index has included', () => {
    expect(hasDrifted(driftFrom(pin, capture))).toBe(false)
  })

  test('names what came, went and changed, and another Python', () => {
    const distributions = [
      { name: 'NumPy', version: '2.0.0' },
      { name: 'pandas', version: '2.2.2' },
    ]
    const drift = driftFrom(pin, { pythonVersion: '3.12.1', distributions })
    expect(drift).toEqual({
      python: { from: '3.11.7', to: '3.12.1' },
      added: [{ name: 'pandas', version: '2.2.2' }],
      removed: [{ name: 'foo-bar', version: '1.0' }],
      changed: [{ name: 'numpy', from: '1.26.4', to: '2.0.0' }],
    })
    expect(hasDrifted(drift)).toBe(true)
  })
})

describe('the steps of a restore', () => {
  const plan = { uv: ['uv'], pin, folder: '/envs/x', lockFile: '/envs/x.lock', kernel: { kind: 'user' as const } }

  test('make an environment, install exactly the lock, and make a kernel of it', () => {
    const steps = restoreSteps(plan)
    expect(steps.map((step) => step.purpose)).toEqual([
      'create_environment',
      'install_packages',
      'add_kernel_package',
      'register_kernel',
    ])
    expect(steps[0]?.command).toEqual(['uv', 'venv', '--no-project', '--allow-existing', '--python', '3.11', '/envs/x'])
    expect(steps[1]?.command).toEqual(expect.arrayContaining(['sync', '--require-hashes', '/envs/x.lock']))
    expect(steps[3]?.command).toEqual(
      expect.arrayContaining(['/envs/x/bin/python', '--user', 'novabrain-abababababab']),
    )
  })

  test('add no kernel package when the pin has it, and no kernel when none is wanted', () => {
    const packages = [{ name: 'ipykernel', version: '6.29.5', hashes: [] }]
    expect(restoreSteps({ ...plan, pin: { ...pin, packages } })).toHaveLength(3)
    expect(restoreSteps({ ...plan, kernel: null })).toHaveLength(2)
  })
})
