/**
 * Records as they came, a row each, with the hash of their inputs. `round` counts those with the same inputs: a statement changes
 * a row once, so a batch is written round by round, and a later record changes what an earlier one of the batch made. Values go from
 * the request to the table without ever being numbers of JavaScript, so `1.0` stays what it was. `$1` the records, a JSON list.
 */
const given = `
  given AS (
    SELECT n, record, inputs, hash, row_number() OVER (PARTITION BY hash ORDER BY n)::int AS round
    FROM (
      SELECT n, record, inputs, encode(sha256(convert_to(inputs::text, 'UTF8')), 'hex') AS hash
      FROM (
        SELECT n::int, record, coalesce(record -> 'inputs', '{}') AS inputs
        FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS element (record, n)
      ) read
    ) hashed
  )`

/** How many rounds a batch has. */
export const countRounds = `WITH ${given} SELECT coalesce(max(round), 0) AS rounds FROM given`

/** A JSON object that is there and not empty. */
const some = (value: string): string => `nullif(nullif(${value}, 'null'), '{}')`

/**
 * One round of records whose inputs are known: new expectations and tags are laid over the old ones, outputs take their place
 * when they are told. `$2` dataset, `$3` round, `$4` now.
 */
export const updateRecords = `
  WITH ${given}
  UPDATE evaluation_dataset_records r SET
    outputs = CASE WHEN g.record ? 'outputs' THEN nullif(g.record -> 'outputs', 'null') ELSE r.outputs END,
    expectations = CASE WHEN ${some("g.record -> 'expectations'")} IS NULL THEN r.expectations
      ELSE coalesce(r.expectations, '{}') || (g.record -> 'expectations') END,
    tags = r.tags || coalesce(${some("g.record -> 'tags'")}, '{}'),
    updated_at_ms = $4,
    last_updated_by = coalesce(g.record -> 'tags' ->> 'mlflow.user', r.last_updated_by)
  FROM given g WHERE g.round = $3 AND r.dataset_id = $2 AND r.input_hash = g.hash`

/** One round of records whose inputs are new. `$5` project, `$6` an id for each record, `$7` their sources, a JSON list. */
export const insertRecords = `
  WITH ${given},
  made AS (
    INSERT INTO evaluation_dataset_records (
      id, project_id, dataset_id, input_hash, inputs, outputs, expectations, tags, source, source_id, source_type,
      created_by, last_updated_by, created_at_ms, updated_at_ms)
    SELECT ($6::text[])[n], $5, $2, hash, inputs,
      CASE WHEN record ? 'outputs' THEN nullif(record -> 'outputs', 'null') ELSE '{}' END,
      nullif(record -> 'expectations', 'null'), coalesce(nullif(record -> 'tags', 'null'), '{}'),
      nullif(s.source -> 'value', 'null'), s.source ->> 'id', s.source ->> 'type',
      record -> 'tags' ->> 'mlflow.user', record -> 'tags' ->> 'mlflow.user', $4, $4
    FROM given JOIN LATERAL (SELECT $7::jsonb -> (n - 1) AS source) s ON true
    WHERE round = $3 AND NOT EXISTS (
      SELECT 1 FROM evaluation_dataset_records r WHERE r.dataset_id = $2 AND r.input_hash = hash)
    RETURNING 1
  )
  SELECT count(*)::int AS count FROM made`

const typeOf = (value: string): string => `
  CASE jsonb_typeof(${value}) WHEN 'number' THEN CASE WHEN ${value}::text LIKE '%.%' THEN 'float' ELSE 'integer' END
    ELSE jsonb_typeof(${value}) END`

/** The types of the fields of records, in the order they are met. `$1` the records. */
export const fieldTypes = `
  SELECT section, key, ${typeOf('value')} AS type FROM (
    SELECT DISTINCT ON (section, key) n, section, key, value FROM (
      SELECT n, section, field.key, field.value
      FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS element (record, n),
        unnest(ARRAY['inputs', 'outputs', 'expectations']) AS section,
        jsonb_each(CASE jsonb_typeof(record -> section) WHEN 'object' THEN record -> section ELSE '{}' END) AS field
      UNION ALL
      SELECT n, 'outputs', NULL, record -> 'outputs'
      FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS element (record, n)
      WHERE jsonb_typeof(record -> 'outputs') NOT IN ('object', 'null')
    ) met ORDER BY section, key, n
  ) first ORDER BY n, section, key`
