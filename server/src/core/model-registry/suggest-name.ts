/** What is known of a model that nobody has named yet. */
export interface NamelessModel {
  readonly experimentName: string
  /** The name it was logged under, or the folder it lies in. */
  readonly modelName: string
  readonly runName: string
}

/** Names that say nothing: what `mlflow` and its examples call everything. */
const empty = new Set(['', 'default', 'model', 'models'])

/** A name for a model of an experiment from which none was registered yet: of what people named, what says most. */
export const suggestName = ({ experimentName, modelName, runName }: NamelessModel): string => {
  const names = [experimentName.split('/').at(-1) ?? '', modelName.split('/').at(-1) ?? '', runName].map(asModelName)
  return names.find((name) => !empty.has(name.toLowerCase())) ?? 'model'
}

/** What a registered model may be called; see `ModelName` of the contracts. */
const asModelName = (text: string): string =>
  text
    .replace(/[/:\p{Cc}]+/gu, '-')
    .replace(/^[.\s-]+|[\s-]+$/g, '')
    .slice(0, 100)
