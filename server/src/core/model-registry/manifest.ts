import type { ModelField, ModelManifest, ModelSignature } from '@novabrain/contracts'

/** A table has hundreds of columns, not millions; more are not shown. */
const mostFields = 2000

/**
 * What an `MLmodel` file says, once its YAML was parsed. The columns of the signature stand in it as texts of JSON:
 * https://mlflow.org/docs/latest/ml/model/signatures
 */
export const readManifest = (file: unknown): ModelManifest => {
  if (!isRecord(file) || !isRecord(file['flavors'])) return { state: 'unreadable' }
  try {
    return {
      state: 'read',
      signature: signatureOf(file['signature']),
      flavors: Object.entries(file['flavors']).map(([name, flavor]) => ({ name, version: versionOf(name, flavor) })),
      mlflowVersion: textOf(file['mlflow_version']),
    }
  } catch (error) {
    if (error instanceof UnknownForm) return { state: 'unreadable' }
    throw error
  }
}

/** A form of signature that is not known here; to guess would be to tell something that the file does not say. */
class UnknownForm extends Error {}

const signatureOf = (signature: unknown): ModelSignature | null => {
  if (signature === undefined || signature === null) return null
  if (!isRecord(signature)) throw new UnknownForm()
  const [inputs, outputs, params] = ['inputs', 'outputs', 'params'].map((part) => listIn(signature[part]))
  return {
    inputs: (inputs ?? []).map(fieldOf),
    outputs: (outputs ?? []).map(fieldOf),
    params: (params ?? []).map(paramOf),
  }
}

/** The columns, which stand in the file as a text of JSON; none when the part is not there. */
const listIn = (part: unknown): readonly unknown[] => {
  if (part === undefined || part === null) return []
  const value = typeof part === 'string' ? parsed(part) : part
  if (value === null) return []
  if (!Array.isArray(value)) throw new UnknownForm()
  return value.slice(0, mostFields)
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    throw new UnknownForm()
  }
}

const fieldOf = (field: unknown): ModelField => {
  if (!isRecord(field)) throw new UnknownForm()
  return {
    name: textOf(field['name']),
    type: typeOf(field),
    required: field['required'] !== false && field['optional'] !== true,
    defaultValue: null,
  }
}

const paramOf = (param: unknown): ModelField => {
  if (!isRecord(param)) throw new UnknownForm()
  const { name, shape, default: value } = param
  const type = typeOf(param)
  return {
    name: textOf(name),
    type: shape === undefined || shape === null ? type : `${type} ${JSON.stringify(shape)}`,
    required: false,
    defaultValue: value === undefined ? null : JSON.stringify(value),
  }
}

/** A type as MLflow prints it: `double`, `Array(long)`, `{a: double, b: string (optional)}`, `Tensor(float64, (-1, 4))`. */
const typeOf = (described: unknown): string => {
  if (typeof described === 'string') return described
  if (!isRecord(described)) throw new UnknownForm()
  const { type } = described
  if (typeof type !== 'string') throw new UnknownForm()
  switch (type) {
    case 'tensor':
      return tensorOf(described['tensor-spec'])
    case 'array':
      return `Array(${typeOf(described['items'])})`
    case 'map':
      return `Map(str -> ${typeOf(described['values'])})`
    case 'object':
      return objectOf(described['properties'])
    default:
      return type
  }
}

const tensorOf = (spec: unknown): string => {
  if (!isRecord(spec) || typeof spec['dtype'] !== 'string' || !Array.isArray(spec['shape'])) throw new UnknownForm()
  const sizes = spec['shape'].map(String)
  return `Tensor(${spec['dtype']}, (${sizes.join(', ')}${sizes.length === 1 ? ',' : ''}))`
}

const objectOf = (properties: unknown): string => {
  if (!isRecord(properties)) throw new UnknownForm()
  const parts = Object.entries(properties).map(([name, property]) => {
    const optional = isRecord(property) && property['required'] === false
    return `${name}: ${typeOf(property)} (${optional ? 'optional' : 'required'})`
  })
  return `{${parts.join(', ')}}`
}

/** Each flavor names the version of its library in a field of its own, such as `sklearn_version`. */
const versionOf = (name: string, flavor: unknown): string | null => {
  if (!isRecord(flavor)) return null
  if (name === 'python_function') return textOf(flavor['python_version'])
  const own = textOf(flavor[`${name}_version`])
  if (own !== null) return own
  const others = Object.keys(flavor).filter((key) => key.endsWith('_version'))
  return others.length === 1 ? textOf(flavor[others[0] ?? '']) : null
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
