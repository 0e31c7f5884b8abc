import type { EntitySchema } from 'typeorm'
import { AuthorizationCodeEntity, DeviceAuthorizationEntity, JobPlanEntity } from './authorization.js'
import { evaluationDatasetEntities } from './evaluation-datasets.js'
import { BlobEntity } from './blobs.js'
import { CodeSnapshotEntity, EnvironmentCaptureEntity, EnvironmentPinEntity, ProjectBlobEntity } from './environment.js'
import {
  AllocationEntity,
  AttemptEntity,
  DeviceAllocationEntity,
  DeviceEntity,
  JobCounterEntity,
  JobEntity,
  NodeEntity,
  QueueEntity,
} from './execution.js'
import { retentionEntities } from './retention.js'
import { ImportedEntityEntity, ImportEntity } from './imports.js'
import { AuditEventEntity, IdempotencyKeyEntity, OutboxEventEntity } from './journal.js'
import { modelRegistryEntities } from './model-registry.js'
import { QueueChangeEntity, SchedulingPolicyEntity } from './scheduling.js'
import { ApiKeyEntity, MemberEntity, MembershipEntity, ProjectEntity, SessionEntity, TenantEntity } from './tenancy.js'
import { traceEntities } from './traces.js'
import { trackingEntities } from './tracking.js'
import { webhookEntities } from './webhooks.js'

/** Every entity; a new one is a line at the end. */
export const entities: readonly EntitySchema[] = [
  TenantEntity,
  ProjectEntity,
  MemberEntity,
  MembershipEntity,
  ApiKeyEntity,
  SessionEntity,
  AuditEventEntity,
  OutboxEventEntity,
  IdempotencyKeyEntity,
  QueueEntity,
  NodeEntity,
  DeviceEntity,
  JobCounterEntity,
  JobEntity,
  AttemptEntity,
  AllocationEntity,
  DeviceAllocationEntity,
  ProjectBlobEntity,
  CodeSnapshotEntity,
  EnvironmentPinEntity,
  EnvironmentCaptureEntity,
  ...trackingEntities,
  DeviceAuthorizationEntity,
  AuthorizationCodeEntity,
  JobPlanEntity,
  ...modelRegistryEntities,
  ...traceEntities,
  ...webhookEntities,
  ...evaluationDatasetEntities,
  ImportEntity,
  ImportedEntityEntity,
  SchedulingPolicyEntity,
  QueueChangeEntity,
  BlobEntity,
  ...retentionEntities,
] as unknown as readonly EntitySchema[]
