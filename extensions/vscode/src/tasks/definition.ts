/** A task of `tasks.json`: a script or notebook that runs on a GPU and whose log is the task's terminal. */
export interface TaskDefinition {
  readonly file: string
  readonly gpus: number
  readonly args: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly priority: 'low' | 'normal' | 'high'
}

/** Read a definition; what is left out has a default. `null` when there is no file in it. */
export const readTask = (given: Readonly<Record<string, unknown>>): TaskDefinition | null => {
  const { file, gpus, args, parameters, priority } = given
  if (typeof file !== 'string' || file === '') return null
  return {
    file,
    gpus: typeof gpus === 'number' && Number.isInteger(gpus) && gpus >= 0 ? gpus : 1,
    args: Array.isArray(args) ? args.map(String) : [],
    parameters:
      typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters) ? { ...parameters } : {},
    priority: priority === 'low' || priority === 'high' ? priority : 'normal',
  }
}
