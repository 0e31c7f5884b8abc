/**
 * Whether a caller may write to a run. Members may by their role, which the route has checked. The token of an attempt
 * reads its whole project, and writes only to the run of its job and to runs begun inside that job (by any attempt of
 * it, so that a retry goes on where the first try stopped).
 */
export const mayWriteRun = (
  caller: { readonly attemptId: string | null; readonly attemptRunId?: string },
  run: { readonly id: string; readonly jobRunId: string | null },
): boolean =>
  caller.attemptId === null ||
  (caller.attemptRunId !== undefined && (run.id === caller.attemptRunId || run.jobRunId === caller.attemptRunId))
