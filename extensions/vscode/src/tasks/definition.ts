/** A task of `tasks.json`: a script or notebook that runs on a GPU and whose log is the task's terminal. */
export interface TaskDefinition {
  readonly file: string
  readonly gpus: number
  /** The most it can use, where it makes do with any number from `gpus` on; `null`: exactly `gpus`. */
  readonly maxGpus: number | null
  readonly args: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly priority: 'low' | 'normal' | 'high'
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

/** Read a definition; what is left out has a default. `null` when there is no file in it. */
export const readTask = (given: Readonly<Record<string, unknown>>): TaskDefinition | null => {
  const { file, gpus, maxGpus, args, parameters, priority } = given
  if (typeof file !== 'string' || file === '') return null
  return {
    file,
    gpus: isCount(gpus) ? gpus : 1,
    maxGpus: isCount(maxGpus) ? maxGpus : null,
    args: Array.isArray(args) ? args.map(String) : [],
    parameters:
      typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters) ? { ...parameters } : {},
    priority: priority === 'low' || priority === 'high' ? priority : 'normal',
  }
}
