import type { RegistryChange } from './events.js'

interface Pair {
  readonly key: string
  readonly value: string
}

/** Tags by which programs keep prompts as registered models; a webhook is told of them in words of its own. */
const promptTags = { isPrompt: 'mlflow.prompt.is_prompt', type: '_mlflow_prompt_type', template: 'mlflow.prompt.text' }

const without = (tags: readonly Pair[], ...keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(tags.filter(({ key }) => !keys.includes(key)).map(({ key, value }) => [key, value]))

interface Made {
  readonly name: string
  readonly description: string | null
  readonly tags: readonly Pair[]
}

/** A registered model was made. */
export const modelCreated = ({ name, description, tags }: Made): RegistryChange => ({
  event: { model: 'registered_model.created', prompt: 'prompt.created' },
  data: {
    model: { name, tags: without(tags), description: description ?? '' },
    prompt: { name, tags: without(tags, promptTags.isPrompt, promptTags.type), description: description ?? '' },
  },
})

/** A version was made; the template of a prompt is one of its tags. */
export const versionCreated = (
  version: Made & { readonly version: number; readonly source: string; readonly runId: string | null },
): RegistryChange => {
  const { name, tags } = version
  const common = { name, version: String(version.version) }
  const description = version.description === '' ? null : version.description
  const { isPrompt, type, template } = promptTags
  return {
    event: { model: 'model_version.created', prompt: 'prompt_version.created' },
    data: {
      model: {
        ...common,
        source: version.source,
        run_id: version.runId === '' ? null : version.runId,
        tags: without(tags),
        description,
      },
      prompt: {
        ...common,
        template: tags.find(({ key }) => key === template)?.value ?? null,
        tags: without(tags, isPrompt, type, template),
        description,
      },
    },
  }
}

const alike = (event: RegistryChange['event'], data: Readonly<Record<string, unknown>>): RegistryChange => ({
  event,
  data: { model: data, prompt: data },
})

/** A tag of a registered model was set, or deleted when it has no value; MLflow tells of those of prompts alone. */
export const modelTagChanged = (name: string, key: string, value: string | null): RegistryChange =>
  value === null
    ? alike({ model: null, prompt: 'prompt_tag.deleted' }, { name, key })
    : alike({ model: null, prompt: 'prompt_tag.set' }, { name, key, value })

/** A tag of a version was set, or deleted when it has no value. */
export const versionTagChanged = (
  { name, version }: { readonly name: string; readonly version: number },
  key: string,
  value: string | null,
): RegistryChange => {
  const tag = { name, version: String(version), key }
  return value === null
    ? alike({ model: 'model_version_tag.deleted', prompt: 'prompt_version_tag.deleted' }, tag)
    : alike({ model: 'model_version_tag.set', prompt: 'prompt_version_tag.set' }, { ...tag, value })
}

/** An alias names a version now, or none. */
export const aliasChanged = (name: string, alias: string, version: number | null): RegistryChange =>
  version === null
    ? alike({ model: 'model_version_alias.deleted', prompt: 'prompt_alias.deleted' }, { name, alias })
    : alike(
        { model: 'model_version_alias.created', prompt: 'prompt_alias.created' },
        { name, alias, version: String(version) },
      )
