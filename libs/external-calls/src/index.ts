export { isPublicAddress } from './address.ts';
export { createBreaker } from './breaker.ts';
export type { BreakerLimits } from './breaker.ts';
export { createBulkhead } from './bulkhead.ts';
export type { BulkheadLimits } from './bulkhead.ts';
export type {
  CallExternal,
  CallObservation,
  ExternalAnswer,
  ExternalCall,
  ExternalCaller,
  HandlerCall,
} from './external-call.ts';
export { createExternalCaller } from './external-caller.ts';
export type { ExternalCallerOptions, Target } from './external-caller.ts';
export { createHostRegistry } from './hosts.ts';
export type { HostRegistry, HostSecret, RegisteredHost, SecretReference } from './hosts.ts';
export { publicUrlFault } from './public-url.ts';
export { createSecretReader, tenantSecret } from './secrets.ts';
export type { SecretReader } from './secrets.ts';
export type { Resolver } from './vetted-address.ts';
export { withExternalCalls } from './with-external-calls.ts';
