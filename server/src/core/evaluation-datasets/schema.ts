/** What a field of the records holds, as MLflow names it: `string`, `integer`, `object` … */
export interface FieldType {
  readonly section: 'inputs' | 'outputs' | 'expectations'
  /** `null` when the whole section is one value, as outputs may be. */
  readonly key: string | null
  readonly type: string
}

/** The shape of the records of a dataset, as MLflow keeps it; outputs that are no object have one type for all. */
export interface DatasetSchema {
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>> | string
  readonly expectations: Readonly<Record<string, string>>
  readonly version: string
}

const empty: DatasetSchema = { inputs: {}, outputs: {}, expectations: {}, version: '1.0' }

/** The schema with what new records add, first come first kept: a field keeps the type it was first seen with. */
export const withFields = (known: DatasetSchema | null, fields: readonly FieldType[]): DatasetSchema =>
  fields.reduce(withField, known ?? empty)

const withField = (schema: DatasetSchema, { section, key, type }: FieldType): DatasetSchema => {
  const fields = schema[section]
  if (typeof fields === 'string') return schema
  if (key === null) return Object.keys(fields).length === 0 ? { ...schema, [section]: type } : schema
  return Object.hasOwn(fields, key) ? schema : { ...schema, [section]: { ...fields, [key]: type } }
}
