import type { EnvironmentPinSummary, Locale } from '@novabrain/contracts'

/** A kernel as Jupyter's clients list it. */
export interface KernelSpec {
  readonly name: string
  readonly spec: {
    readonly argv: readonly string[]
    readonly display_name: string
    readonly language: 'python'
    readonly interrupt_mode: 'signal'
    readonly env: Readonly<Record<string, string>>
    readonly metadata: Readonly<Record<string, unknown>>
  }
  readonly resources: Readonly<Record<string, string>>
}

/** The kernel in the Python of the node, with nothing pinned. */
export const plainName = 'python3'

type Pin = Pick<EnvironmentPinSummary, 'digest' | 'pythonVersion' | 'packageCount'>

/** The name of the kernel of a pin: it says which, and is short enough to stand in a notebook. */
export const nameOfPin = (digest: string): string => `pin-${digest.slice(0, 12)}`

/** The kernels of a project: one for each pin, the first being the default, and the plain one. */
export const kernelSpecsOf = (pins: readonly Pin[], locale: Locale) => {
  const specs = [...pins.map((pin) => pinned(pin, pins, locale)), plain(locale)]
  return {
    default: specs[0]?.name ?? plainName,
    kernelspecs: Object.fromEntries(specs.map((spec) => [spec.name, spec])) as Readonly<Record<string, KernelSpec>>,
  }
}

const pinned = (pin: Pin, all: readonly Pin[], locale: Locale): KernelSpec => {
  const name = titleOf(pin, locale)
  const twins = all.filter((other) => titleOf(other, locale) === name).length > 1
  return specOf(nameOfPin(pin.digest), twins ? `${name} · ${pin.digest.slice(0, 6)}` : name, {
    pinDigest: pin.digest,
  })
}

const titleOf = ({ pythonVersion, packageCount }: Pin, locale: Locale): string => {
  const python = pythonVersion.split('.').slice(0, 2).join('.')
  const packages = locale === 'zh-CN' ? `${packageCount} 个软件包` : `${packageCount} packages`
  return `NovaBrain GPU · Python ${python} · ${packages}`
}

const plain = (locale: Locale): KernelSpec =>
  specOf(plainName, `NovaBrain GPU · ${locale === 'zh-CN' ? '节点自带的 Python' : 'Python of the node'}`, {
    pinDigest: null,
  })

const specOf = (name: string, title: string, novabrain: Readonly<Record<string, unknown>>): KernelSpec => ({
  name,
  spec: {
    argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: title,
    language: 'python',
    interrupt_mode: 'signal',
    env: {},
    metadata: { novabrain },
  },
  resources: {},
})
