import { randomUUID } from 'node:crypto';
import { createOperations } from '@adx/operations';
import { tenantContract } from '@adx/tenant-contract';
import type { OnboardTenantInput } from '@adx/tenant-contract';
import { sagaFootprint } from './saga-footprint.ts';
import type { SagaFootprint } from './saga-footprint.ts';
import { unique } from './test-platform.ts';
import type { TestPlatform } from './test-platform.ts';

/** One onboarding under test. */
export interface Onboarding {
  readonly operationId: string;
  readonly tenantId: string;
  readonly input: OnboardTenantInput;
}

/** Retries then wait milliseconds, while an attempt still gets a second and the whole saga 45 s. */
const BOUNDS_SCALE = 0.05;

/**
 * Starts an onboarding as the gateway does, for an operator.
 *
 * @param options.boundsScale one factor for all bounds
 */
export async function startOnboarding(
  platform: TestPlatform,
  options: { readonly slug?: string; readonly ownerEmail?: string; readonly boundsScale?: number } = {},
): Promise<Onboarding> {
  const { boundsScale = BOUNDS_SCALE, ...overrides } = options;
  const tenantId = randomUUID();
  const input = tenantContract.workflows.onboardTenant.input.parse({
    slug: unique('acme'),
    name: 'Acme',
    plan: 'team',
    ownerEmail: 'ada@acme.example',
    ...overrides,
  });
  const { operationId } = await createOperations({ client: platform.client, boundsScale }).start(
    tenantContract.workflows.onboardTenant,
    {
      input,
      tenantId,
      subject: 'an operator',
      principal: await operatorPrincipal(platform, tenantId),
      idempotencyKey: randomUUID(),
    },
  );
  return { operationId, tenantId, input };
}

/** A tenant that is open, with its first owner. */
export interface OpenTenant {
  readonly tenantId: string;
  readonly ownerId: string;
  readonly ownerEmail: string;
}

/** Onboards a tenant to the end. @throws Error when it is not done in 30 s */
export async function openTenant(platform: TestPlatform): Promise<OpenTenant> {
  const { operationId, tenantId, input } = await startOnboarding(platform, { boundsScale: 1 });
  await platform.operations.ended(operationId, 30_000);
  const view = await platform.operations.get(operationId);
  if (view?.status !== 'completed') throw new Error(`the onboarding is ${view?.status}: ${view?.error?.message}`);
  const { ownerId } = view.result as { readonly ownerId: string };
  return { tenantId, ownerId, ownerEmail: input.ownerEmail };
}

/** A signed principal of an operator, acting on a tenant. */
export function operatorPrincipal({ keys }: TestPlatform, tenantId: string): Promise<string> {
  return keys.signer.sign({ sub: 'an operator', kind: 'operator', tenantId, roles: ['operator'] });
}

/** What the three services hold of one tenant, and what their ledgers say of one operation. */
export interface Footprint extends SagaFootprint {
  readonly rows: { readonly tenants: number; readonly users: number; readonly channels: number };
  /** Of those that let somebody act: a member without roles is what is left of one who was told of and is gone. */
  readonly accessRows: number;
}

/** Looks past row security, as the superuser: nothing that was left behind stays hidden. */
export async function footprint(
  platform: TestPlatform,
  { tenantId, operationId }: Pick<Onboarding, 'tenantId' | 'operationId'>,
): Promise<Footprint> {
  const { database } = platform;
  const ask = async <R>(sql: string, value: string) => (await database.superuser.query(sql, [value])).rows as R[];
  const [counts] = await ask<{ tenants: number; users: number; channels: number; access: number }>(
    `select (select count(*)::int from tenant.tenant where tenant_id = $1) as tenants,
            (select count(*)::int from "user".app_user where tenant_id = $1) as users,
            (select count(*)::int from notification.channel where tenant_id = $1) as channels,
            (select count(*)::int from tenant.access_tenant where tenant_id = $1)
              + (select count(*)::int from tenant.access_member where tenant_id = $1 and roles <> '{}')
              + (select count(*)::int from "user".access_tenant where tenant_id = $1)
              + (select count(*)::int from "user".access_member where tenant_id = $1 and roles <> '{}')
              + (select count(*)::int from notification.access_tenant where tenant_id = $1)
              + (select count(*)::int from notification.access_member where tenant_id = $1 and roles <> '{}') as access`,
    tenantId,
  );
  const { tenants, users, channels, access } = counts!;
  return {
    rows: { tenants, users, channels },
    accessRows: access,
    ...(await sagaFootprint(platform, operationId)),
  };
}
