const isReferred = `(
  EXISTS (SELECT FROM artifacts a WHERE a.digest = b.digest)
  OR EXISTS (SELECT FROM project_blobs p WHERE p.digest = b.digest))`

/** Bytes of projects that were not wanted since an instant, and that no snapshot of code has. $1 the instant, $2 how many. */
export const forgetProjectBlobs = `
  WITH idle AS MATERIALIZED (
    SELECT p.project_id, p.digest FROM project_blobs p WHERE p.touched_at_ms <= $1),
  used AS MATERIALIZED (
    SELECT s.project_id, f ->> 'digest' AS digest FROM code_snapshots s, jsonb_array_elements(s.files) f
      WHERE s.project_id IN (SELECT project_id FROM idle)
    UNION
    SELECT s.project_id, s.git ->> 'patchDigest' FROM code_snapshots s
      WHERE s.project_id IN (SELECT project_id FROM idle) AND s.git ->> 'patchDigest' IS NOT NULL),
  unused AS MATERIALIZED (
    SELECT i.project_id, i.digest FROM idle i
    WHERE NOT EXISTS (SELECT FROM used u WHERE u.project_id = i.project_id AND u.digest = i.digest)
    ORDER BY i.project_id, i.digest LIMIT $2)
  DELETE FROM project_blobs p USING unused u
  WHERE p.project_id = u.project_id AND p.digest = u.digest AND p.touched_at_ms <= $1`

/** Bytes that are there without a row of the ledger get one, as old as they are. $1 digests, $2 sizes, $3 times. */
export const recordStrays = `
  INSERT INTO blobs (digest, size_bytes, touched_at_ms)
  SELECT given.digest, given.size_bytes, given.at_ms
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS given (digest, size_bytes, at_ms)
  ORDER BY given.digest ON CONFLICT (digest) DO NOTHING RETURNING digest, size_bytes AS "sizeBytes"`

/** Of these digests those without a row of the ledger. $1 digests. */
export const unknownBlobs = `
  SELECT given.digest FROM unnest($1::text[]) AS given (digest)
  WHERE NOT EXISTS (SELECT FROM blobs b WHERE b.digest = given.digest)`

/** The next digests in order, to look at them piece by piece. $1 after which, $2 how many. */
export const nextBlobs = `SELECT digest FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2`

/**
 * The first phase: what nobody refers to, and nobody has uploaded lately, is marked; and a mark is taken away where somebody
 * refers to it after all. $1 and $2 from which digest to which, $3 touched before, $4 now.
 */
export const markBlobs = `
  WITH found AS MATERIALIZED (
    SELECT b.digest, b.condemned_at_ms, ${isReferred} AS referred FROM blobs b
    WHERE b.digest BETWEEN $1 AND $2 AND b.touched_at_ms <= $3)
  UPDATE blobs b SET condemned_at_ms = CASE WHEN found.referred THEN NULL ELSE $4::bigint END
  FROM found
  WHERE b.digest = found.digest AND b.touched_at_ms <= $3 AND found.referred = (found.condemned_at_ms IS NOT NULL)
    AND b.condemned_at_ms IS NOT DISTINCT FROM found.condemned_at_ms
  RETURNING b.digest, b.size_bytes AS "sizeBytes", NOT found.referred AS marked`

/** Marked long enough ago. $1 marked before, $2 after which digest, $3 how many. */
export const condemnedBlobs = `
  SELECT b.digest, b.size_bytes AS "sizeBytes" FROM blobs b
  WHERE b.condemned_at_ms <= $1 AND b.digest > $2 AND NOT ${isReferred} ORDER BY b.digest LIMIT $3`

/**
 * The second phase, for one: its row goes, unless somebody has put the bytes anew or refers to them. Until the transaction
 * ends whoever wants them waits. $1 digest, $2 marked before.
 */
export const forgetBlob = `
  DELETE FROM blobs b WHERE b.digest = $1 AND b.condemned_at_ms <= $2 AND NOT ${isReferred} RETURNING b.digest`

/** What a round would find. $1 touched before, $2 marked before. */
export const countBlobs = `
  SELECT
    count(*) FILTER (WHERE b.condemned_at_ms <= $2)::integer AS removable,
    coalesce(sum(b.size_bytes) FILTER (WHERE b.condemned_at_ms <= $2), 0)::bigint AS "removableBytes",
    count(*) FILTER (WHERE b.condemned_at_ms IS NULL OR b.condemned_at_ms > $2)::integer AS waiting,
    coalesce(sum(b.size_bytes) FILTER (WHERE b.condemned_at_ms IS NULL OR b.condemned_at_ms > $2), 0)::bigint
      AS "waitingBytes"
  FROM blobs b WHERE b.touched_at_ms <= $1 AND NOT ${isReferred}`

/** How much the store holds. */
export const heldBlobs = `SELECT count(*)::bigint AS blobs, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM blobs`
