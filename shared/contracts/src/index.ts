export * from './schema/common.js'
export * from './schema/tenant.js'
export * from './schema/authorization.js'
export * from './schema/environment.js'
export * from './schema/snapshot.js'
export * from './schema/job.js'
export * from './schema/kernel.js'
export * from './schema/cluster.js'
export * from './schema/scheduling.js'
export * from './schema/run.js'
export * from './schema/run-table.js'
export * from './schema/model.js'
export * from './schema/trace.js'
export * from './schema/webhook.js'
export * from './schema/event.js'
export * from './schema/runner.js'
export * from './schema/import.js'
export {
  defineRoute,
  type Access,
  type BodyOf,
  type Method,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Route,
} from './api/define.js'
export { routes, type RouteName, type Routes } from './api/routes.js'
export type { ErrorDefinition, ErrorText, MlflowErrorName } from './errors/define.js'
export { errorCatalogue, type ErrorCode } from './errors/catalogue.js'
export {
  errorBody,
  errorText,
  fail,
  isErrorCode,
  NovaBrainError,
  sentences,
  type ErrorBody,
  type ErrorData,
  type Locale,
} from './errors/error.js'
export { createClient, pathOf, UnreachableError, type Client, type ClientOptions, type Fetch } from './client/client.js'
export { attemptEnded, attemptTransitions, jobEnded, jobTransitions } from './lifecycle/transitions.js'
export {
  diffEnvironments,
  driftFrom,
  hasDrifted,
  normalizeName,
  type EnvironmentDiff,
  type EnvironmentDrift,
} from './environment/diff.js'
export { kernelName, restoreSteps, type RestorePlan, type RestoreStep } from './environment/restore.js'
export { canonicalCapture } from './environment/canonical.js'
export { fromBase64, utf8 } from './capture/bytes.js'
export { isSecretPath, secretNames, toolFolders } from './capture/folders.js'
export {
  notebookCode,
  notebookParameters,
  parametersCell,
  readNotebook,
  readNotebookJson,
  snapshotText,
  type Notebook,
  type NotebookCell,
  type NotebookCode,
  type NotebookParameter,
  type NotebookReading,
} from './capture/notebook.js'
export {
  hashProgram,
  parseContents,
  parseHashes,
  parseProbe,
  ProbeError,
  probeLimits,
  probeProgram,
  probeSource,
  readProgram,
  type ProbeAnswer,
  type ProbedFolder,
  type ProbeRequest,
} from './capture/probe.js'
export {
  selectFiles,
  selectionLimits,
  type SelectedFile,
  type Selection,
  type SelectionLimits,
  type SelectionRequest,
} from './capture/select.js'
export {
  captureEnvironment,
  captureWorkspace,
  pinEnvironment,
  readFile,
  sendSnapshot,
  type CaptureHost,
  type KnownHashes,
  type SendProgress,
  type Workspace,
  type WorkspaceRequest,
} from './capture/workspace.js'
export { assertNever } from './assert-never.js'
export {
  createStream,
  retryDelayMs,
  topicOf,
  type Connection,
  type LiveMessage,
  type Socket,
  type Stream,
  type StreamOptions,
  type StreamTimers,
  type Unsubscribe,
} from './client/stream.js'
export {
  activeJobs,
  applyEvent,
  countJobs,
  dropMissed,
  emptyView,
  endedJobs,
  mergeJobs,
  trimEnded,
  type LiveView,
  type RunGlimpse,
} from './store/view.js'
export { createJobFeed, type JobFeed, type JobFeedOptions, type JobFeedState } from './store/job-feed.js'
export {
  createDigest,
  endedNotebooks,
  noticesOf,
  noticeWindowMs,
  type Digest,
  type Notice,
  type NoticeLevel,
} from './store/notices.js'
export { driftOf, type EnvironmentState, type RememberedPin } from './environment/drift.js'
export {
  executedCells,
  planPull,
  type CellText,
  type ExecutedCell,
  type PullPlan,
  type SkipReason,
} from './capture/outputs.js'
export type {
  CardError,
  DeviceChoice,
  DraftEnvironment,
  DraftFile,
  DraftFiles,
  DraftPreview,
  SubmitChoice,
  SubmitDraft,
  SubmitProgress,
} from './submit/draft.js'
export { taskOf, type Source } from './submit/source.js'
export {
  createSubmission,
  sendJob,
  type KeptSubmission,
  type LastChoice,
  type Submission,
  type SubmissionParts,
} from './submit/submission.js'
export { createOutbox, type Delivery, type KeptStore, type Outbox } from './submit/outbox.js'
export { cardError, isAway } from './submit/card-error.js'
export {
  amendedResources,
  gpuRangeFault,
  gpusText,
  mostGpusOnNode,
  readGpus,
  type GpusAsked,
} from './submit/gpu-range.js'
export { repeatOf, type RerunChange } from './submit/repeat.js'
