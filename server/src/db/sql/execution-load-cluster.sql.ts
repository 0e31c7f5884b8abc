const nodeLists = `(SELECT coalesce(json_agg(json_build_object(
      'id', id, 'name', name, 'schedulable', state = 'ready', 'cpuMilli', cpu_milli, 'memoryMib', memory_mib)), '[]')
    FROM nodes) AS nodes,
  (SELECT coalesce(json_agg(json_build_object(
      'id', id, 'nodeId', node_id, 'index', index, 'kind', kind, 'model', model, 'memoryMib', memory_mib,
      'simulated', simulated)), '[]')
    FROM devices WHERE present) AS devices`

/** The nodes and their devices, as JSON lists. */
export const loadNodes = `SELECT ${nodeLists}`

/**
 * Everything the scheduler looks at, in one statement and so as of one instant. Each column is a JSON list; instants are
 * milliseconds since 1970.
 */
export const loadCluster = `
SELECT
  (SELECT version FROM cluster_version) AS version,
  ${nodeLists},
  (SELECT coalesce(json_agg(json_build_object(
      'tenantId', tenant_id, 'name', name, 'cohort', cohort, 'nominalGpuMilli', nominal_gpu_milli,
      'borrowingLimitGpuMilli', borrowing_limit_gpu_milli, 'lendingLimitGpuMilli', lending_limit_gpu_milli,
      'weight', weight)), '[]')
    FROM queues) AS queues,
  (SELECT coalesce(json_agg(json_build_object(
      'id', job.id, 'version', job.version, 'tenantId', job.tenant_id, 'projectId', job.project_id,
      'status', job.status, 'queueName', job.queue_name, 'owner', coalesce(job.submitted_by_id, job.submitted_by),
      'name', job.name, 'script', job.task ->> 'path', 'arguments', md5(job.task ->> 'arguments'),
      'priorityClass', job.priority_class, 'submittedAtMs', extract(epoch FROM job.submitted_at) * 1000,
      'gpuCount', job.gpu_count, 'gpuMilli', job.gpu_milli, 'gpuMemoryMib', job.gpu_memory_mib,
      'gpuModel', job.gpu_model, 'cpuMilli', job.cpu_milli, 'memoryMib', job.memory_mib,
      'raisedGpuMemoryMib', job.raised_gpu_memory_mib, 'gpuPeaksMib', known.peaks_mib, 'predictedRunMs', job.predicted_run_ms,
      'timeLimitMs', job.time_limit_ms, 'evictedAtMs', job.evicted_at_ms, 'usedRunMs', job.used_run_ms,
      'notBeforeMs', extract(epoch FROM job.not_before) * 1000, 'hold', job.hold, 'attemptId', attempt.id,
      'startedAtMs', extract(epoch FROM coalesce(attempt.started_at, attempt.created_at)) * 1000)), '[]')
    FROM jobs job LEFT JOIN attempts attempt
      ON attempt.id = job.attempt_id AND attempt.state IN ('submitted', 'accepted', 'running')
    LEFT JOIN gpu_memory_peaks known
      ON known.project_id = job.project_id AND known.submitted_by = job.submitted_by AND known.name = job.name
        AND job.status = 'queued' AND job.gpu_count > 0 AND job.gpu_milli < 1000
    WHERE job.status IN ('queued', 'starting', 'running', 'stopping')) AS jobs,
  (SELECT coalesce(json_agg(json_build_object(
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
