import { defineContract, defineWorkflow } from '@adx/contract-kit';
import { UserId } from '@adx/user-contract';
import { z } from 'zod';

/**
 * A person of a tenant, removed from every service. Of an operator's: it is cancelled like any other operation until the
 * person's data begin to go.
 */
const eraseSubject = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({ userId: UserId }),
  output: z.strictObject({ userId: UserId }),
  identity: 'request',
});

/** Processes that belong to no single service. The gateway owns no data, so that all of their steps are others'. */
export const gatewayContract = defineContract({
  service: 'gateway',
  taskQueue: 'gateway',
  activities: {},
  workflows: { eraseSubject },
});
