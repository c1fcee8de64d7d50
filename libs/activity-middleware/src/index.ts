export type { Activities } from './activities.ts';
export type { BreakerOutcome, BreakerPermit, BreakerStore } from './breaker-store.ts';
export { implementContract } from './contract-builder.ts';
export type { ContractBuilder, FramedBuilder, Handlers, Implementation } from './contract-builder.ts';
export type { Frame } from './frame.ts';
export type { Fail, Handler, HandlerContext } from './handlers.ts';
export type { ActivityMode, AttemptInfo, Invocation, StepCall } from './invocation.ts';
export type { Middleware, Next, Passed } from './middleware.ts';
export { withAdapters } from './middleware/with-adapters.ts';
export { withPrincipal } from './middleware/with-principal.ts';
export { withTelemetry } from './middleware/with-telemetry.ts';
export { withTransaction } from './middleware/with-transaction.ts';
export { withValidation } from './middleware/with-validation.ts';
export { implementReads } from './reads.ts';
export type { ReadHandler, ReadHandlers, ReadImplementation, Reads } from './reads.ts';
export type {
  ExternalRequest,
  ExternalUndoEffect,
  ExternalUndoRequest,
  ForwardRequest,
  Settlement,
  StepLedger,
  StepRequest,
  StoredStep,
} from './step-ledger.ts';
