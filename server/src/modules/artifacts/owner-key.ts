/** The key of a trace's files. Its id is made by clients and is unique in a project only; runs and models have ids of ours. */
export const traceOwnerKey = (projectId: string, traceId: string): string => `${projectId}/traces/${traceId}`

/** The key of the files of a trace that was deleted: another one may come with its id, and has files of its own. */
export const deletedTraceOwnerKey = (projectId: string, traceId: string): string =>
  `deleted/${traceOwnerKey(projectId, traceId)}`

/** The key of files that a version of a registered model keeps as they were, although they were replaced since. */
export const versionOwnerKey = (versionId: string): string => `versions/${versionId}`
