import type { EnvironmentPin } from '../schema/environment.js'

/** One command of a restore: what it is for, and its words, to be run without a shell. */
export interface RestoreStep {
  readonly purpose: 'create_environment' | 'install_packages' | 'add_kernel_package' | 'register_kernel'
  readonly command: readonly string[]
}

export interface RestorePlan {
  /** How uv is called, such as `['uv']` or `['python', '-m', 'uv']`. */
  readonly uv: readonly string[]
  readonly pin: Pick<EnvironmentPin, 'digest' | 'pythonVersion' | 'packages'>
  /** Where the environment is made. */
  readonly folder: string
  /** A file that holds the bytes of the lock. */
  readonly lockFile: string
  /** An interpreter to build on; left out, uv finds one of the pinned version. */
  readonly python?: string
  /** Where the kernel is made known: to this user, or to the Jupyter under a prefix. `null` makes no kernel. */
  readonly kernel: { readonly kind: 'user' } | { readonly kind: 'prefix'; readonly prefix: string } | null
  readonly windows?: boolean
}

/** The name of the kernel of a pin: stable, so that restoring twice makes one kernel. */
export const kernelName = (digest: string): string => `novabrain-${digest.slice(0, 12)}`

/**
 * The steps that recreate a pinned environment and make a kernel of it, in order; each must succeed. Exactly the files
 * whose hashes the lock names are installed; what else an environment there holds is removed from it, so that restoring
 * again mends it. `ipykernel` is added only when the pin lacks it.
 */
export const restoreSteps = (plan: RestorePlan): RestoreStep[] => {
  const { uv, pin, folder, lockFile, kernel } = plan
  const python = interpreterIn(folder, plan.windows ?? false)
  const base = plan.python ?? minorOf(pin.pythonVersion)
  const sync = ['pip', 'sync', '--require-hashes', '--allow-empty-requirements', '--python', python, lockFile]
  const steps: RestoreStep[] = [
    {
      purpose: 'create_environment',
      command: [...uv, 'venv', '--no-project', '--allow-existing', '--python', base, folder],
    },
    { purpose: 'install_packages', command: [...uv, ...sync] },
  ]
  if (kernel === null) return steps
  if (!pin.packages.some(({ name }) => name === 'ipykernel'))
    steps.push({ purpose: 'add_kernel_package', command: [...uv, 'pip', 'install', '--python', python, 'ipykernel'] })
  const place = kernel.kind === 'user' ? ['--user'] : ['--prefix', kernel.prefix]
  const title = `Python ${pin.pythonVersion} (NovaBrain ${pin.digest.slice(0, 8)})`
  const names = ['--name', kernelName(pin.digest), '--display-name', title]
  return [...steps, { purpose: 'register_kernel', command: [python, '-m', 'ipykernel', 'install', ...place, ...names] }]
}

/** The interpreter of an environment in a folder. */
const interpreterIn = (folder: string, windows: boolean): string =>
  windows ? `${folder}\\Scripts\\python.exe` : `${folder}/bin/python`

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.')
