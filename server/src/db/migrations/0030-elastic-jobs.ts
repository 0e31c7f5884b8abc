import { defineMigration } from './define.js'

/**
 * Whether a place is free: the node is there and has the room, and of each device so much. What is looked at stays locked,
 * so that what is found free is free until the transaction ends. The transaction of a runner that reports its end sees one
 * project only; this opens the wall for one answer. A node that takes no new work still keeps whoever is on it (`stays`).
 */
const placeIsOpen = `
  CREATE FUNCTION place_is_open(at_node text, stays boolean, want_cpu integer, want_memory integer,
    want_devices text[], want_milli integer[], want_mib integer[]) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE open boolean; access_before text := current_setting('novabrain.access', true);
  BEGIN
    PERFORM set_config('novabrain.access', 'system', true);
    PERFORM 1 FROM devices WHERE id = ANY(want_devices) ORDER BY id FOR UPDATE;
    PERFORM 1 FROM nodes WHERE id = at_node FOR UPDATE;
    SELECT EXISTS (
        SELECT 1 FROM nodes node WHERE node.id = at_node AND (node.state = 'ready' OR (stays AND node.state <> 'lost'))
          AND want_cpu + (SELECT coalesce(sum(cpu_milli), 0) FROM allocations WHERE node_id = at_node) <= node.cpu_milli
          AND want_memory + (SELECT coalesce(sum(memory_mib), 0) FROM allocations WHERE node_id = at_node) <= node.memory_mib)
      AND NOT EXISTS (
        SELECT 1 FROM unnest(want_devices, want_milli, want_mib) AS want (id, milli, mib)
          LEFT JOIN devices device ON device.id = want.id AND device.node_id = at_node AND device.present
          LEFT JOIN LATERAL (SELECT coalesce(sum(milli), 0) AS milli, coalesce(sum(memory_mib), 0) AS mib
            FROM device_allocations WHERE device_id = want.id) held ON true
        WHERE device.id IS NULL OR want.milli + held.milli > 1000 OR want.mib + held.mib > device.memory_mib)
      INTO open;
    PERFORM set_config('novabrain.access', access_before, true);
    RETURN open;
  END $$`

/** What a member's assistants have used, and may come to use: of an elastic job as much as it can have. */
const usedByAssistants = (gpus: string): string => `
  CREATE OR REPLACE FUNCTION used_by_assistants(of_member text, since_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE used bigint; access_before text := current_setting('novabrain.access', true);
  BEGIN
    PERFORM set_config('novabrain.access', 'system', true);
    SELECT coalesce(sum(${gpus}::bigint * gpu_milli *
        CASE WHEN ended_at IS NULL THEN greatest(time_limit_ms, used_run_ms) ELSE used_run_ms END), 0)
      INTO used FROM jobs
      WHERE origin = 'assistant' AND submitted_by_id = of_member AND (ended_at IS NULL OR submitted_at > since_at);
    PERFORM set_config('novabrain.access', access_before, true);
    RETURN used;
  END $$`

/**
 * A job may make do with any number of GPUs from `gpu_count` to `max_gpu_count`. An attempt that was told to begin again
 * with another number keeps where (`resize_to`), and the one that begins there what was before it (`resized_from`). An
 * older server takes such a job for one of `gpu_count` GPUs.
 */
export const elasticJobs = defineMigration(30, 'ElasticJobs', {
  up: [
    `ALTER TABLE jobs ADD COLUMN max_gpu_count integer`,
    `ALTER TABLE attempts ADD COLUMN resize_to jsonb, ADD COLUMN resized_from jsonb`,
    placeIsOpen,
    usedByAssistants('coalesce(max_gpu_count, gpu_count)'),
  ],
  down: [
    usedByAssistants('gpu_count'),
    `DROP FUNCTION place_is_open`,
    `ALTER TABLE attempts DROP COLUMN resize_to, DROP COLUMN resized_from`,
    `ALTER TABLE jobs DROP COLUMN max_gpu_count`,
  ],
})
