/**
 * The files and folders directly under a folder of a run or logged model. $1 project, $2 owner, $3 prefix (empty, or
 * ending in a slash).
 */
export const artifactListing = `
  SELECT $3 || split_part(rest, '/', 1) AS path, bool_or(strpos(rest, '/') > 0) AS "isDirectory",
    max(size_bytes) FILTER (WHERE strpos(rest, '/') = 0) AS "sizeBytes"
  FROM (
    SELECT substr(path, length($3) + 1) AS rest, size_bytes FROM artifacts
    WHERE project_id = $1 AND owner_id = $2 AND starts_with(path, $3)
  ) AS below
  GROUP BY split_part(rest, '/', 1)
  ORDER BY split_part(rest, '/', 1) COLLATE "C"`
