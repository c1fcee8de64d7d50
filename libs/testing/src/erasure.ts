import { randomUUID } from 'node:crypto';
import { gatewayContract } from '@adx/gateway-contract';
import { createOperations } from '@adx/operations';
import { SERVICES } from '@adx/services';
import { UserId, userContract } from '@adx/user-contract';
import type { MatrixProcess } from './matrix-run.ts';
import { operatorPrincipal } from './onboarding.ts';
import type { OpenTenant } from './onboarding.ts';
import { startProcessAs } from './process.ts';
import { projected } from './projection.ts';
import type { TestPlatform } from './test-platform.ts';

/** A person of a tenant. */
export interface Subject {
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
}

/** Makes a member of a tenant whom every service knows. @throws Error when that takes more than 30 s */
export async function addSubject(platform: TestPlatform, { tenantId, ownerId }: OpenTenant): Promise<Subject> {
  const email = `${randomUUID()}@acme.example`;
  await projected(platform.database, tenantId);
  const input = { email, role: 'member' } as const;
  const who = { tenantId, userId: ownerId };
  const { operationId } = await startProcessAs(platform, who, userContract.workflows.createUser, input);
  await platform.operations.ended(operationId, 30_000);
  const { result } = (await platform.operations.get(operationId))!;
  await projected(platform.database, tenantId);
  return { tenantId, email, userId: (result as { readonly userId: string }).userId };
}

/** Starts an erasure as the gateway does, for an operator. Something has to poll the gateway's queue. */
export async function startErasure(
  platform: TestPlatform,
  { tenantId, userId }: Pick<Subject, 'tenantId' | 'userId'>,
  boundsScale = 0.05,
): Promise<MatrixProcess> {
  const { operationId } = await createOperations({ client: platform.client, boundsScale }).start(
    gatewayContract.workflows.eraseSubject,
    {
      input: { userId: UserId.parse(userId) },
      tenantId,
      subject: 'an operator',
      principal: await operatorPrincipal(platform, tenantId),
      idempotencyKey: randomUUID(),
    },
  );
  return { operationId, tenantId };
}

/** Tables of the services in which a row has one of these texts, looked at past row security. */
export async function recordsOf(
  { database: { superuser } }: Pick<TestPlatform, 'database'>,
  texts: readonly string[],
): Promise<string[]> {
  const tables = await superuser.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = any ($1) order by 1`,
    [SERVICES],
  );
  const { rows } = await superuser.query<{ name: string }>(
    tables.rows
      .map(
        ({ name }) => `(select '${name}' as name from ${name} t
           where exists (select from unnest($1::text[]) said where position(said in t::text) > 0) limit 1)`,
      )
      .join(' union all '),
    [texts],
  );
  return rows.map(({ name }) => name);
}
