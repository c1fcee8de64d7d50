import { SERVICES } from '../generated/services.ts';

export { SERVICES };

/** A service: it has a worker, a contract, a database schema and a key of its own, all by this name. */
export type ServiceName = (typeof SERVICES)[number];

/**
 * The receivers of what every other service has to know: who may act in a tenant.
 *
 * @example
 * const tenantAccessChanged = defineEvent({ to: everyServiceBut('tenant'), payload: ... });
 */
export function everyServiceBut(own: ServiceName): readonly [ServiceName, ...ServiceName[]] {
  const [first, ...rest] = SERVICES.filter((name) => name !== own);
  return [first!, ...rest];
}

/** The variable that tells the gateway where the reads of a service are answered. */
export type ReadsUrlVariable = `ADX_READS_URL_${Uppercase<ServiceName>}`;

export function readsUrlVariable(service: ServiceName): ReadsUrlVariable {
  return `ADX_READS_URL_${service.toUpperCase() as Uppercase<ServiceName>}`;
}
