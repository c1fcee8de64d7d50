export { BATCH_BOUNDS, defineActivity } from './activity.ts';
export type {
  Access,
  ActivityDefinition,
  ActivityKind,
  Bounds,
  Effect,
  ErrorDetails,
  ErrorSchemas,
} from './activity.ts';
export { ATTENTION_REMINDERS, attentionLevel } from './attention-level.ts';
export { canonicalJson } from './canonical-json.ts';
export { ContractDefinitionError, defineContract } from './contract.ts';
export type { Bound, Contract } from './contract.ts';
export {
  APPLY_EVENTS_ACTIVITY,
  DELIVER_EVENTS_WORKFLOW,
  MOST_EVENTS_AT_ONCE,
  defineEvent,
  eventType,
  sourceOf,
} from './event.ts';
export type { EventDefinition, EventEnvelope } from './event.ts';
export {
  FAILURES,
  declaredError,
  declaredErrorType,
  failure,
  isDeclaredErrorType,
  rootFailure,
  statusOfFailure,
} from './failures.ts';
export { WAITING_FAILURES, failureOf, isFailure, refusalDetails } from './failure-guards.ts';
export type { FailureOf, RefusalDetails } from './failure-guards.ts';
export type { FailureRule, FailureType, SagaReaction } from './failures.ts';
export type { FaultInjector, FaultPoint, FaultSite, StepMode } from './faults.ts';
export {
  ENTITY_EVENTS_SIGNAL,
  ENTITY_EVENTS_UPDATE,
  ENTITY_OUTCOMES,
  ENTITY_REASONS,
  EntityAlarm,
  EntityApplied,
  EntityBatch,
  EntityCounts,
  EntityEnding,
  EntityEvent,
  EntityOutcome,
  EntityStanding,
  LARGEST_EVENT,
  MOST_EVENTS_PER_BATCH,
  MOST_EVENTS_PER_DELIVERY,
  isEntityEvent,
} from './entity.ts';
export type { EntityProgress, EntityReason } from './entity.ts';
export { Finding, MAINTENANCE_TASKS, maintenanceActivities, maintenanceWorkflows } from './maintenance.ts';
export type { MaintenanceTask } from './maintenance.ts';
export { NO_TENANT, formatOperationId, parseOperationId } from './operation-id.ts';
export type { OperationIdParts } from './operation-id.ts';
export {
  BOUNDS_SCALE_MEMO,
  CLOSED_STATUSES,
  EVENTS_PER_RUN_MEMO,
  FINGERPRINT_MEMO,
  OPERATION_STATE_QUERY,
  OPERATION_STATUSES,
  PAUSE_SIGNAL,
  RESOLUTION_ACTIONS,
  RESOLVE_STEP_UPDATE,
  RESUME_SIGNAL,
  SEARCH_ATTRIBUTES,
  signalCheck,
} from './operation-state.ts';
export type {
  Attention,
  OperationError,
  OperationProgress,
  OperationState,
  OperationStatus,
  Resolution,
  ResolutionAction,
  ResolutionOutcome,
  StepState,
  UndoStatus,
} from './operation-state.ts';
export type { Call, Principal, PrincipalClaims } from './principal.ts';
export { defineDatabaseOperations } from './database-operations.ts';
export type { DatabaseOperations, OperationCall, OperationResult, OperationSchemas } from './database-operations.ts';
export { percentageOf, tenthPassed } from './progress.ts';
export { defineRead } from './read.ts';
export type { ReadDefinition } from './read.ts';
export { defineSubjectErasure, defineTenantExport, defineTenantRemoval, tenantRowsOf } from './tenant-rows.ts';
export type { TenantRow } from './tenant-rows.ts';
export { defineUpload } from './upload.ts';
export type { UploadDefinition } from './upload.ts';
export { milliseconds } from './wire.ts';
export type { Duration, Exact, In, Json, Out, Wire } from './wire.ts';
export { defineWorkflow } from './workflow.ts';
export type {
  AnyWorkflowDefinition,
  Identity,
  Pattern,
  SignalSchemas,
  ToUndo,
  WorkflowDefinition,
} from './workflow.ts';
