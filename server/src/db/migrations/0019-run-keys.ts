import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

const experimentOf = (row: string): string => `(SELECT experiment_id FROM runs WHERE id = ${row}.run_id)`

const sources = [
  ['run_metrics', 'metric'],
  ['run_params', 'param'],
  ['run_tags', 'tag'],
] as const

/**
 * Which keys the runs of each experiment have logged, so that a column is found among ten thousands without a look at the
 * runs. Triggers learn keys as they are first logged, so a server of the version before may go on writing; what is known
 * already is looked up and not written. A key stays when the last run that had it goes.
 */
export const runKeys = defineMigration(19, 'RunKeys', {
  up: [
    `CREATE TABLE run_keys (
       project_id text NOT NULL,
       experiment_id bigint NOT NULL,
       kind text NOT NULL,
       key text NOT NULL,
       PRIMARY KEY (project_id, experiment_id, kind, key)
     )`,
    ...protect('run_keys', 'project_id'),
    ...sources.map(
      ([table, kind]) =>
        `INSERT INTO run_keys (project_id, experiment_id, kind, key)
         SELECT DISTINCT r.project_id, r.experiment_id, '${kind}', logged.key
         FROM ${table} logged JOIN runs r ON r.id = logged.run_id`,
    ),
    `CREATE FUNCTION run_keys_learn() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO run_keys (project_id, experiment_id, kind, key)
       SELECT DISTINCT logged.project_id, logged.experiment_id, TG_ARGV[0], logged.key
       FROM (SELECT project_id, ${experimentOf('added')} AS experiment_id, key FROM added) AS logged
       WHERE logged.experiment_id IS NOT NULL AND NOT EXISTS (
         SELECT FROM run_keys known
         WHERE known.project_id = logged.project_id AND known.experiment_id = logged.experiment_id
           AND known.kind = TG_ARGV[0] AND known.key = logged.key)
       ORDER BY 1, 2, 4
       ON CONFLICT DO NOTHING;
       RETURN NULL;
     END $$`,
    ...sources.map(
      ([table, kind]) =>
        `CREATE TRIGGER ${table}_learn_keys AFTER INSERT ON ${table} REFERENCING NEW TABLE AS added
         FOR EACH STATEMENT EXECUTE FUNCTION run_keys_learn('${kind}')`,
    ),
    `CREATE FUNCTION runs_move_keys() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO run_keys (project_id, experiment_id, kind, key)
       ${sources
         .map(
           ([table, kind]) =>
             `SELECT NEW.project_id, NEW.experiment_id, '${kind}', key FROM ${table} WHERE run_id = NEW.id`,
         )
         .join(' UNION ALL ')}
       ORDER BY 3, 4
       ON CONFLICT DO NOTHING;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER runs_move_keys AFTER UPDATE OF experiment_id ON runs
       FOR EACH ROW WHEN (OLD.experiment_id <> NEW.experiment_id) EXECUTE FUNCTION runs_move_keys()`,
  ],
  down: [
    `DROP TRIGGER runs_move_keys ON runs`,
    `DROP FUNCTION runs_move_keys`,
    ...sources.map(([table]) => `DROP TRIGGER ${table}_learn_keys ON ${table}`),
    `DROP FUNCTION run_keys_learn`,
    `DROP TABLE run_keys`,
  ],
})
