/**
 * Whether what began at `sinceMs` and lasts `lengthMs` still lasts. A clock that was set back to before its beginning
 * cannot tell, and then it is over: otherwise it would last as long as the clock was set back.
 */
export const stillLasts = (sinceMs: number, lengthMs: number, nowMs: number): boolean =>
  nowMs >= sinceMs && nowMs < sinceMs + lengthMs
