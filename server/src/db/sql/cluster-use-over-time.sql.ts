import { gpuSpans } from './cluster-use-spans.js'

/**
 * GPU time by steps of $3 milliseconds from $1 to $2, in thousandths of a GPU × milliseconds: what was given, what of it was
 * measured, and what was measured to be used. Steps without any are left out.
 */
export const useOverTime = `
  SELECT step, sum(milli * took)::float8 AS allocated, coalesce(sum(milli * took) FILTER (WHERE measured), 0)::float8 AS measured,
    coalesce(sum(busy_milli * took), 0)::float8 AS busy
  FROM (
    SELECT step, milli, measured, busy_milli,
      least(end_ms, origin_ms + (step + 1) * $3::float8) - greatest(begin_ms, origin_ms + step * $3::float8) AS took
    FROM (${gpuSpans}) span
      CROSS JOIN (SELECT extract(epoch FROM $1::timestamptz)::float8 * 1000 AS origin_ms) origin
      CROSS JOIN LATERAL generate_series(
        floor((begin_ms - origin_ms) / $3::float8)::integer, ceil((end_ms - origin_ms) / $3::float8)::integer - 1) step) part
  GROUP BY step ORDER BY step`
