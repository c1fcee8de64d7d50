export type { Activities } from './activities.ts';
export type { Breaker, BreakerOutcome, BreakerPermit, BreakerStore, Report } from './breaker.ts';
export type { Bulkhead } from './bulkhead.ts';
export type { CallGuard, Exchange, GuardedCall } from './call-guard.ts';
export { chainLink } from './chain-link.ts';
export type { ChainLink } from './chain-link.ts';
export { implementContract } from './contract-builder.ts';
export type { ContractBuilder, FramedBuilder, Handlers, Implementation } from './contract-builder.ts';
export type { Frame } from './frame.ts';
export type { CallOnly, Fail, Handler, HandlerContext } from './handlers.ts';
export type { ActivityMode, AttemptInfo, Invocation, StepCall } from './invocation.ts';
export type { Middleware, Next, Passed } from './middleware.ts';
export { HISTOGRAM_BUCKETS, harmless, temporalMeter } from './meter.ts';
export type { Histogram, Meter } from './meter.ts';
export { withAdapters } from './middleware/with-adapters.ts';
export { breakerGuard, withBreaker } from './middleware/with-breaker.ts';
export { bulkheadGuard, withBulkhead } from './middleware/with-bulkhead.ts';
export { withHeartbeat } from './middleware/with-heartbeat.ts';
export type { Heartbeat } from './middleware/with-heartbeat.ts';
export { withPrincipal } from './middleware/with-principal.ts';
export { withRateLimit } from './middleware/with-rate-limit.ts';
export { withTelemetry } from './middleware/with-telemetry.ts';
export type { OnAlert, StepAlert } from './middleware/with-telemetry.ts';
export { withTransaction } from './middleware/with-transaction.ts';
export { withValidation } from './middleware/with-validation.ts';
export { DEFAULT_RATE_LIMITS, LIMIT_SCOPES, RateLimitPlans } from './rate-limiter.ts';
export type { LimitScope, PermitRequest, RateLimiter, Refusal } from './rate-limiter.ts';
export { DeliveryUnavailable } from './outbox-store.ts';
export type { OutboxBatch, OutboxStore, PendingRow } from './outbox-store.ts';
export type { Leftover, MaintenanceStore, RetentionAges } from './maintenance-store.ts';
export type { AppliedEvent, Inbox, InboxContext } from './inbox.ts';
export { implementEvents } from './events.ts';
export type { EventHandler, EventImplementation, EventSubscription } from './events.ts';
export { collectOutbox } from './outbox.ts';
export type { EventsOf, Outbox, OutboxCollector, OutboxRow } from './outbox.ts';
export type { Outcome } from './outcome.ts';
export { implementReads } from './reads.ts';
export type { ReadHandler, ReadHandlers, ReadImplementation, Reads } from './reads.ts';
export type {
  ExternalRequest,
  ExternalUndoEffect,
  ExternalUndoRequest,
  ForwardRequest,
  ReadRequest,
  Settlement,
  StepLedger,
  StepRequest,
  StoredStep,
} from './step-ledger.ts';
export { implementUploads } from './uploads.ts';
export type { UploadHandler, UploadHandlers, UploadImplementation, UploadRequest, Uploads } from './uploads.ts';
