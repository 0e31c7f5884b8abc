/** MLflow's names for errors: its client understands these and no others. */
export type MlflowErrorName =
  | 'INVALID_PARAMETER_VALUE'
  | 'BAD_REQUEST'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'ENDPOINT_NOT_FOUND'
  | 'RESOURCE_CONFLICT'
  | 'REQUEST_LIMIT_EXCEEDED'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL_ERROR'
  | 'NOT_IMPLEMENTED'
  | 'TEMPORARILY_UNAVAILABLE'

export interface ErrorText {
  /** What happened, one sentence; `{name}` stands for a datum. */
  readonly message: string
  /** Why it happens. */
  readonly cause: string
  /** What to do. */
  readonly remedy: string
}

export interface ErrorDefinition {
  readonly status: number
  readonly mlflow: MlflowErrorName
  readonly en: ErrorText
  readonly zh: ErrorText
}
