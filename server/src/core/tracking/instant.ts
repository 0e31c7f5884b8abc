/** Clients may send any number as a time; one that no calendar has is shown as the nearest that it has. */
export const instant = (ms: number): string => new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString()
