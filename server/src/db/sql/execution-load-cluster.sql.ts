import { prepared } from '../prepared.js'

const nodeList = `(SELECT coalesce(json_agg(json_build_object(
      'id', id, 'name', name, 'schedulable', state = 'ready', 'cpuMilli', cpu_milli, 'memoryMib', memory_mib)), '[]')
    FROM nodes)`

const deviceList = `(SELECT coalesce(json_agg(json_build_object(
      'id', id, 'nodeId', node_id, 'index', index, 'kind', kind, 'model', model, 'memoryMib', memory_mib,
      'simulated', simulated)), '[]')
    FROM devices WHERE present)`

const nodeLists = `${nodeList} AS nodes, ${deviceList} AS devices`

/** The nodes and their devices, as JSON lists. */
export const loadNodes = `SELECT ${nodeLists}`

const queueList = `(SELECT coalesce(json_agg(json_build_object(
      'tenantId', tenant_id, 'name', name, 'cohort', cohort, 'nominalGpuMilli', nominal_gpu_milli,
      'borrowingLimitGpuMilli', borrowing_limit_gpu_milli, 'lendingLimitGpuMilli', lending_limit_gpu_milli,
      'weight', weight, 'orderKind', order_kind, 'orderFair', order_fair, 'patienceMs', patience_ms)), '[]')
    FROM queues) AS queues`

/** What earlier attempts of an elastic job did before they saved themselves, in milliseconds of one GPU. */
const savedGpuMs = `(
        SELECT coalesce(sum(extract(epoch FROM past.ended_at - past.started_at) * 1000 * jsonb_array_length(past.devices)), 0)
        FROM attempts past WHERE past.job_id = job.id AND past.state IN ('resized', 'preempted'))`

const jobFacts = `json_build_object(
      'id', job.id, 'version', job.version, 'tenantId', job.tenant_id, 'projectId', job.project_id,
      'status', job.status, 'queueName', job.queue_name, 'owner', coalesce(job.submitted_by_id, job.submitted_by),
      'name', job.name, 'script', job.task ->> 'path', 'arguments', md5(job.task ->> 'arguments'),
      'priorityClass', job.priority_class, 'submittedAtMs', extract(epoch FROM job.submitted_at) * 1000,
      'gpuCount', job.gpu_count, 'maxGpuCount', job.max_gpu_count, 'gpuMilli', job.gpu_milli, 'gpuMemoryMib', job.gpu_memory_mib,
      'gpuModel', job.gpu_model, 'cpuMilli', job.cpu_milli, 'memoryMib', job.memory_mib,
      'raisedGpuMemoryMib', job.raised_gpu_memory_mib, 'gpuPeaksMib', known.peaks_mib, 'predictedRunMs', job.predicted_run_ms,
      'timeLimitMs', job.time_limit_ms, 'evictedAtMs', job.evicted_at_ms,
      'evictedBy', CASE WHEN job.evicted_at_ms <> '[]' THEN (SELECT json_agg(DISTINCT preempted_for) FROM attempts past
        WHERE past.job_id = job.id AND past.preempted_for IS NOT NULL AND past.command <> 'resized') END, 'usedRunMs', job.used_run_ms,
      'doneGpuMs', CASE WHEN job.max_gpu_count IS NOT NULL AND job.used_run_ms > 0 THEN ${savedGpuMs} END,
      'resizeTo', attempt.resize_to,
      'notBeforeMs', extract(epoch FROM job.not_before) * 1000, 'hold', job.hold, 'attemptId', attempt.id,
      'startedAtMs', extract(epoch FROM coalesce(attempt.started_at, attempt.created_at)) * 1000)`

const withAttempt = `LEFT JOIN attempts attempt
      ON attempt.id = job.attempt_id AND attempt.ended_at IS NULL
    LEFT JOIN gpu_memory_peaks known
      ON known.project_id = job.project_id AND known.submitted_by = job.submitted_by AND known.name = job.name
        AND job.status = 'queued' AND job.gpu_count > 0 AND job.gpu_milli < 1000
    WHERE job.ended_at IS NULL`

const heldLists = `(SELECT coalesce(json_agg(json_build_object(
      'attemptId', attempt_id, 'nodeId', node_id, 'cpuMilli', cpu_milli, 'memoryMib', memory_mib)), '[]')
    FROM allocations) AS allocations,
  (SELECT coalesce(json_agg(json_build_object(
      'attemptId', attempt_id, 'deviceId', device_id, 'milli', milli, 'memoryMib', memory_mib)), '[]')
    FROM device_allocations) AS grants,
  (SELECT coalesce(json_agg(json_build_object(
      'jobId', job_id, 'placement', placement, 'victimIds', victim_ids,
      'expiresAtMs', extract(epoch FROM expires_at) * 1000)), '[]')
    FROM reservations) AS reservations,
  (SELECT coalesce(json_agg(json_build_object(
      'tenantId', tenant_id, 'queueName', queue_name, 'owner', owner,
      'asOfMs', extract(epoch FROM as_of) * 1000, 'gpuMilli', gpu_milli_seconds, 'cpuMilli', cpu_milli_seconds,
      'memoryMib', memory_mib_seconds)), '[]')
    FROM usage) AS usage`

/**
 * Everything the scheduler looks at, in one statement and so as of one instant. Each column is a JSON list; instants are
 * milliseconds since 1970.
 */
export const loadCluster = `
SELECT
  (SELECT version FROM cluster_version) AS version,
  ${nodeLists},
  ${queueList},
  (SELECT coalesce(json_agg(${jobFacts}), '[]') FROM jobs job ${withAttempt}) AS jobs,
  ${heldLists}`

/** Another one for every change of what is read of a job: its version, and what like jobs took. */
const stamp = `job.version || ':' || coalesce(md5(known.peaks_mib::text), '')`
const seenJobs = `coalesce(json_agg(json_build_object('stamp', ${stamp}, 'job', ${jobFacts})), '[]')`

/**
 * Every transaction before the horizon is over: what this statement did not see was changed by that one or a later. What was
 * changed before `forgotten` is not noted any more; `newest` is after every transaction that there was; `origin` is another
 * one when PostgreSQL was started anew, perhaps somewhere else and with less.
 */
const moment = `pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
  pg_snapshot_xmax(pg_current_snapshot())::text AS newest,
  (SELECT before FROM job_changes_forgotten)::text AS forgotten,
  pg_postmaster_start_time()::text AS origin`

/** The same for who will ask for what changed: each job with its stamp, and from which transaction on to ask. */
export const loadClusterWhole = `
SELECT
  ${moment},
  (SELECT version FROM cluster_version) AS version,
  ${nodeLists},
  ${queueList},
  (SELECT ${seenJobs} FROM jobs job ${withAttempt}) AS jobs,
  '[]'::json AS gone,
  ${heldLists}`

/** Each is looked up by its key (`OFFSET 0` leaves no other way), whatever the planner thinks that there is. */
const changedJobs = `changed
    JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id = changed.id AND jobs.ended_at IS NULL OFFSET 0) AS job ON true
    LEFT JOIN LATERAL (
      SELECT * FROM attempts WHERE attempts.id = job.attempt_id AND attempts.ended_at IS NULL OFFSET 0
    ) AS attempt ON true
    LEFT JOIN LATERAL (
      SELECT peaks_mib FROM gpu_memory_peaks peaks
      WHERE peaks.project_id = job.project_id AND peaks.submitted_by = job.submitted_by AND peaks.name = job.name
        AND job.status = 'queued' AND job.gpu_count > 0 AND job.gpu_milli < 1000 OFFSET 0
    ) AS known ON true`

/**
 * The same for who has seen it: of jobs those that changed in the transaction $1 or a later one, some of which may have been
 * seen, and the ids of those of them that are not active; nodes only where the version of the cluster is not $2. Every
 * change of a job or its attempt grows the version of the job, which is noted (`job_changes`).
 */
export const loadClusterChanges = prepared(`
WITH noted AS (SELECT * FROM job_changes WHERE xid >= $1::xid8), changed AS (
  SELECT job_id AS id FROM noted WHERE job_id IS NOT NULL
  UNION
  SELECT alike.id FROM noted JOIN LATERAL (
    SELECT id FROM jobs WHERE jobs.project_id = noted.project_id AND jobs.submitted_by = noted.submitted_by
      AND jobs.name = noted.name AND jobs.ended_at IS NULL AND jobs.gpu_milli < 1000 OFFSET 0
  ) AS alike ON true
  WHERE noted.job_id IS NULL
), current AS (SELECT version FROM cluster_version), moved AS (SELECT version IS DISTINCT FROM $2 AS moved FROM current)
SELECT
  ${moment},
  (SELECT version FROM current) AS version,
  CASE WHEN (SELECT moved FROM moved) THEN ${nodeList} END AS nodes,
  CASE WHEN (SELECT moved FROM moved) THEN ${deviceList} END AS devices,
  ${queueList},
  (SELECT ${seenJobs} FROM ${changedJobs}) AS jobs,
  (SELECT coalesce(json_agg(changed.id), '[]') FROM changed
    WHERE (SELECT jobs.ended_at IS NULL FROM jobs WHERE jobs.id = changed.id) IS NOT TRUE) AS gone,
  ${heldLists}`)

/** Forget what was changed before the transaction $1, which is noted for others who may ask, and what is of another database. */
export const forgetChanges = prepared(`
  WITH gone AS (DELETE FROM job_changes WHERE xid < $1::xid8 OR xid >= pg_snapshot_xmax(pg_current_snapshot()))
  UPDATE job_changes_forgotten SET before = $1::xid8
  WHERE before < $1::xid8 OR before >= pg_snapshot_xmax(pg_current_snapshot())`)
