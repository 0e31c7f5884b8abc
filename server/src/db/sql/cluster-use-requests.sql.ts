/** What jobs submitted from $1 to $2 asked for, equal requests counted, the most frequent first. */
export const requestClasses = `
  SELECT gpu_count AS "gpuCount", gpu_milli AS "gpuMilli", gpu_memory_mib AS "gpuMemoryMib", gpu_model AS "gpuModel",
    cpu_milli AS "cpuMilli", memory_mib AS "memoryMib", count(*)::integer AS count
  FROM jobs WHERE submitted_at > $1 AND submitted_at <= $2 AND gpu_count > 0
  GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY count DESC, 1, 2, 3, 4, 5, 6 LIMIT 150`
