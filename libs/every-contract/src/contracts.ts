import type { Contract } from '@adx/contract-kit';
import * as contracts from '../generated/contracts.ts';

/** The contract of every service, in the order of their names. */
export const CONTRACTS: readonly Contract[] = Object.values(contracts);

const CORE = ['tenant', 'user', 'notification'];

/** Those of services that the platform's own processes do not name, as they came later: they are asked after the others. */
export const ADDED_CONTRACTS: readonly Contract[] = CONTRACTS.filter(({ service }) => !CORE.includes(service));
