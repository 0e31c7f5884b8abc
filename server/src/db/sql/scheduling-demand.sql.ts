/**
 * What jobs asked for between two instants, the same requests together, the most frequent first. A job counts 1 at the
 * second instant and half as much for each two days that it lies back; of very many only the latest are looked at.
 * Parameters: from, to, most jobs, most requests.
 */
export const schedulingDemand = `
  SELECT gpu_count AS "gpuCount", gpu_milli AS "gpuMilli", gpu_memory_mib AS "gpuMemoryMib", gpu_model AS "gpuModel",
    cpu_milli AS "cpuMilli", count(*)::int AS jobs,
    sum(power(0.5, extract(epoch FROM $2::timestamptz - submitted_at) / 172800))::float8 AS weight
  FROM (
    SELECT submitted_at, gpu_count, gpu_milli, gpu_memory_mib, gpu_model, cpu_milli
    FROM jobs WHERE submitted_at > $1::timestamptz AND submitted_at <= $2::timestamptz
    ORDER BY submitted_at DESC LIMIT $3) AS recent
  GROUP BY gpu_count, gpu_milli, gpu_memory_mib, gpu_model, cpu_milli
  ORDER BY weight DESC, gpu_count, gpu_milli, cpu_milli, gpu_memory_mib, gpu_model LIMIT $4`
