/** What a comparison may name, as MLflow calls it. */
export type EntityKind =
  'attribute' | 'metric' | 'param' | 'tag' | 'dataset' | 'metadata' | 'span' | 'feedback' | 'expectation'

/** What can be asked of one kind of thing: its entities, its attributes, and where lists and null tests are allowed. */
export interface SearchGrammar {
  /** Prefixes before the dot, with their aliases. */
  readonly entities: Readonly<Record<string, EntityKind>>
  /** Text attributes, with their aliases. */
  readonly textAttributes: Readonly<Record<string, string>>
  /** Numeric attributes, with their aliases. */
  readonly numericAttributes: Readonly<Record<string, string>>
  /** Attributes that may be compared with a list. */
  readonly listAttributes: readonly string[]
  /** Entities that may be tested with `IS NULL`. */
  readonly nullTests: readonly EntityKind[]
  /** Attributes that may be missing, and be tested so. */
  readonly nullAttributes?: readonly string[]
  /** Attributes that are only asked for as they are, `=`, with the form of what is asked. */
  readonly exactAttributes?: Readonly<Record<string, RegExp>>
  /** Whether texts may be compared with a regular expression, `RLIKE`. */
  readonly regularExpressions?: boolean
}

const same = (names: readonly string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]))

/** Runs: metrics, params, tags, datasets and attributes, with every alias MLflow has. */
export const runGrammar: SearchGrammar = {
  entities: {
    metric: 'metric',
    metrics: 'metric',
    param: 'param',
    params: 'param',
    parameter: 'param',
    parameters: 'param',
    tag: 'tag',
    tags: 'tag',
    attribute: 'attribute',
    attributes: 'attribute',
    attr: 'attribute',
    run: 'attribute',
    dataset: 'dataset',
    datasets: 'dataset',
  },
  textAttributes: {
    ...same(['run_id', 'run_name', 'user_id', 'status', 'artifact_uri']),
    'run name': 'run_name',
    'Run name': 'run_name',
    'Run Name': 'run_name',
  },
  numericAttributes: { ...same(['start_time', 'end_time']), created: 'start_time', Created: 'start_time' },
  listAttributes: ['run_id'],
  nullTests: ['tag', 'param'],
}

/** Experiments: attributes and tags. */
export const experimentGrammar: SearchGrammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  textAttributes: same(['name', 'experiment_id']),
  numericAttributes: same(['creation_time', 'last_update_time']),
  listAttributes: ['experiment_id'],
  nullTests: ['tag'],
}

/** Logged models: attributes, metrics, params and tags. */
export const loggedModelGrammar: SearchGrammar = {
  entities: { attributes: 'attribute', metrics: 'metric', params: 'param', tags: 'tag' },
  textAttributes: {
    ...same(['name', 'model_id', 'model_type', 'status', 'source_run_id', 'experiment_id', 'lifecycle_stage']),
  },
  numericAttributes: {
    ...same(['creation_timestamp_ms', 'last_updated_timestamp_ms']),
    creation_time: 'creation_timestamp_ms',
    creation_timestamp: 'creation_timestamp_ms',
    last_updated_timestamp: 'last_updated_timestamp_ms',
  },
  listAttributes: ['name', 'model_id', 'model_type', 'status', 'source_run_id'],
  nullTests: [],
}

/** Registered models: the name and tags. */
export const registeredModelGrammar: SearchGrammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  textAttributes: same(['name']),
  numericAttributes: {},
  listAttributes: ['name'],
  nullTests: [],
}

/** Versions of registered models: attributes and tags. */
export const modelVersionGrammar: SearchGrammar = {
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  textAttributes: same(['name', 'run_id', 'source_path']),
  numericAttributes: same(['version_number']),
  listAttributes: ['name', 'run_id'],
  nullTests: [],
}

/** What registered models are ordered by: as in MLflow not by when they were made. */
export const registeredModelOrderGrammar: SearchGrammar = {
  ...registeredModelGrammar,
  numericAttributes: { ...same(['last_updated_timestamp']), timestamp: 'last_updated_timestamp' },
}

/** What versions of registered models are ordered by. */
export const modelVersionOrderGrammar: SearchGrammar = {
  ...modelVersionGrammar,
  textAttributes: same(['name']),
  numericAttributes: same(['version_number', 'creation_timestamp', 'last_updated_timestamp']),
}

/** Evaluation datasets: attributes and tags. */
export const evaluationDatasetGrammar: SearchGrammar = {
  entities: { tags: 'tag' },
  textAttributes: same(['name', 'created_by', 'last_updated_by']),
  numericAttributes: same(['created_time', 'last_update_time']),
  listAttributes: ['name'],
  nullTests: [],
}

/** What evaluation datasets are ordered by. */
export const evaluationDatasetOrderGrammar: SearchGrammar = {
  ...evaluationDatasetGrammar,
  textAttributes: same(['name']),
}

/** Traces: attributes, tags, metadata, what their spans are and say, what was said of them. */
export const traceGrammar: SearchGrammar = {
  entities: {
    attribute: 'attribute',
    attributes: 'attribute',
    trace: 'attribute',
    tag: 'tag',
    tags: 'tag',
    metadata: 'metadata',
    request_metadata: 'metadata',
    span: 'span',
    feedback: 'feedback',
    expectation: 'expectation',
  },
  textAttributes: same(['request_id', 'status', 'client_request_id', 'name', 'run_id', 'prompt', 'text']),
  numericAttributes: {
    ...same(['timestamp_ms', 'execution_time_ms', 'end_time_ms']),
    timestamp: 'timestamp_ms',
    execution_time: 'execution_time_ms',
    end_time: 'end_time_ms',
  },
  listAttributes: ['name', 'status', 'request_id', 'run_id', 'client_request_id'],
  nullTests: ['tag', 'metadata', 'feedback', 'expectation'],
  nullAttributes: ['name'],
  exactAttributes: { prompt: /^[^/]*\/[^/]*$/ },
  regularExpressions: true,
}

/** What traces are ordered by. */
export const traceOrderGrammar: SearchGrammar = {
  ...traceGrammar,
  textAttributes: { ...same(['experiment_id', 'status', 'request_id', 'name']), run_id: 'source_run' },
}

/** What a span of a trace may be asked for, beside `attributes.<name>`. */
export const spanSearchKeys: readonly string[] = ['name', 'type', 'status', 'content']

/** What a run's dataset may be asked for. */
export const datasetKeys: readonly string[] = ['name', 'digest', 'context']
