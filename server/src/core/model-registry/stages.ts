/** MLflow's stages of a version, in its spelling. They are what aliases replaced, and old programs still speak of them. */
export const stages = ['None', 'Staging', 'Production', 'Archived'] as const
export type Stage = (typeof stages)[number]

/** Stages in which a version is in use, so that a new one can send it to the archive. */
export const activeStages: readonly Stage[] = ['Staging', 'Production']

/** A stage in any spelling, or `null`. */
export const stageOf = (text: string): Stage | null =>
  stages.find((stage) => stage.toLowerCase() === text.toLowerCase()) ?? null
