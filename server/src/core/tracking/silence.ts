/**
 * Before which instant a run must have been seen last to count as dead: a run that nobody runs for us (begun by a client
 * of MLflow outside a job) whose program has been silent for a whole lease. Each log call is a sign of life. `null` when
 * runs never expire (a lease of 0).
 */
export const silentSinceMs = (leaseMs: number, nowMs: number): number | null => (leaseMs > 0 ? nowMs - leaseMs : null)

/**
 * How stale the sign of life of a run may get before a log call renews it: a twentieth of the lease, a minute at most,
 * so that a run which logs a thousand times a second does not write its own row as often.
 */
export const renewAfterMs = (leaseMs: number): number => Math.min(60_000, Math.floor(leaseMs / 20))
