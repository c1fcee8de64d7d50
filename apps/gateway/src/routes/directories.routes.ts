import { userContract } from '@adx/user-contract';
import type { FastifyInstance } from 'fastify';
import type { GatewayParts } from '../gateway-parts.ts';
import { operationRoute } from '../operation-route.ts';

const { registerDirectory, syncDirectory } = userContract.workflows;

/** External directories of users. How a sync is doing, and its cancellation, are those of its operation. */
export function directoryRoutes(app: FastifyInstance, parts: GatewayParts): void {
  operationRoute(app, parts, {
    method: 'POST',
    url: '/v1/directories',
    access: 'directories:manage',
    summary: 'Register a directory that users may be taken from',
    process: registerDirectory,
    body: registerDirectory.input,
    input: ({ body }) => body,
  });

  operationRoute(app, parts, {
    method: 'POST',
    url: '/v1/directory-syncs',
    access: 'directories:manage',
    summary: 'Make the users of the tenant those of a directory',
    process: syncDirectory,
    body: syncDirectory.input,
    input: ({ body }) => body,
  });
}
