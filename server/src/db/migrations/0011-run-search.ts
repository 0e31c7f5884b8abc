import { defineMigration } from './define.js'

/**
 * What makes a search over runs independent of how many there are. The latest values of metrics carry the experiment of
 * their run, and an index holds each metric of an experiment in the order of its values; params and tags are found by the
 * beginning of a value (a whole one may be longer than an index takes). Triggers keep the experiment, so that a server of
 * the version before may go on writing.
 */
export const runSearch = defineMigration(11, 'RunSearch', {
  up: [
    `ALTER TABLE run_metrics ADD COLUMN experiment_id bigint`,
    `UPDATE run_metrics m SET experiment_id = r.experiment_id FROM runs r WHERE r.id = m.run_id`,
    `CREATE FUNCTION run_metrics_begin() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       NEW.experiment_id := (SELECT experiment_id FROM runs WHERE id = NEW.run_id);
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER run_metrics_begin BEFORE INSERT ON run_metrics
       FOR EACH ROW WHEN (NEW.experiment_id IS NULL) EXECUTE FUNCTION run_metrics_begin()`,
    `CREATE FUNCTION runs_move_metrics() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       UPDATE run_metrics SET experiment_id = NEW.experiment_id WHERE run_id = NEW.id;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER runs_move_metrics AFTER UPDATE OF experiment_id ON runs
       FOR EACH ROW WHEN (OLD.experiment_id <> NEW.experiment_id) EXECUTE FUNCTION runs_move_metrics()`,
    `DELETE FROM run_metrics WHERE experiment_id IS NULL`,
    `ALTER TABLE run_metrics ALTER COLUMN experiment_id SET NOT NULL`,
    `CREATE INDEX run_metrics_ranked_idx ON run_metrics (project_id, experiment_id, key, value, run_id)`,
    `CREATE INDEX run_params_value_idx ON run_params (project_id, key, left(value, 64))`,
    `CREATE INDEX run_tags_value_idx ON run_tags (project_id, key, left(value, 64))`,
  ],
  down: [
    `DROP INDEX run_tags_value_idx`,
    `DROP INDEX run_params_value_idx`,
    `DROP INDEX run_metrics_ranked_idx`,
    `DROP TRIGGER runs_move_metrics ON runs`,
    `DROP FUNCTION runs_move_metrics`,
    `DROP TRIGGER run_metrics_begin ON run_metrics`,
    `DROP FUNCTION run_metrics_begin`,
    `ALTER TABLE run_metrics DROP COLUMN experiment_id`,
  ],
})
