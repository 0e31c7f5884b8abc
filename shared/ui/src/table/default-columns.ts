import type { Run } from '@novabrain/contracts'

const mostMetrics = 5
const mostParams = 4

/**
 * The columns that a table begins with, out of what its newest run logged: plain names before those in folders (`loss`
 * before `layer/3/grad`), and nothing that was measured of the machine.
 */
export const defaultColumns = (run: Pick<Run, 'metrics' | 'params'>, manyExperiments: boolean): readonly string[] => {
  const first = (keys: readonly string[], most: number) =>
    keys
      .filter((key) => !key.startsWith('system/'))
      .sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))
      .slice(0, most)
  const metrics = first(
    run.metrics.map(({ key }) => key),
    mostMetrics,
  )
  const params = first(
    run.params.map(({ key }) => key),
    mostParams,
  )
  return [
    ...(manyExperiments ? ['attributes.experiment_name'] : []),
    'attributes.start_time',
    'attributes.duration',
    'attributes.user_id',
    ...metrics.map((key) => `metrics.${key}`),
    ...params.map((key) => `params.${key}`),
  ]
}

const depthOf = (key: string): number => key.split('/').length
