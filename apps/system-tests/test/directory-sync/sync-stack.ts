import { createOperations } from '@adx/operations';
import type { OperationView } from '@adx/operations';
import type { ResolutionAction } from '@adx/contract-kit';
import {
  openTenant,
  operatorPrincipal,
  sagaFootprint,
  startProcessAs,
  startTestDirectories,
  startTestPlatform,
} from '@adx/testing';
import type { Listing, Misbehaviour, OpenTenant, Process, TestDirectories, TestPlatform } from '@adx/testing';
import { userContract } from '@adx/user-contract';

/** A tenant with a directory of two pages, three users. */
export interface Subject extends OpenTenant {
  readonly listing: Listing;
}

/** A platform, and directories that misbehave as they are told. */
export interface SyncStack {
  readonly platform: TestPlatform;
  readonly directories: TestDirectories;
  /** @param pages default: ann and bo, then cy, who is an owner */
  subject(pages?: Listing['pages']): Promise<Subject>;
  start(subject: Subject, directoryId?: Listing['directoryId']): Promise<Process>;
  /** Waits for the end of a process. */
  ending(process: Process): Promise<OperationView>;
  parked(process: Process): Promise<OperationView>;
  resolve(process: Process, step: string, action: ResolutionAction): Promise<string | undefined>;
  /** Users of the tenant as `email role`, those who can act; the first owner left out. */
  users(subject: Subject): Promise<string[]>;
  /** That nothing is left of a sync: users and access as they were, the directory free, every step undone. */
  expectUndone(subject: Subject, process: Process): Promise<void>;
  close(): Promise<void>;
}

export const PAGES = [
  [{ email: 'ann@list.example' }, { email: 'bo@list.example', role: 'member' }],
  [{ email: 'cy@list.example', role: 'owner', name: 'other keys may come and go' }],
];
export const LISTED = ['ann@list.example member', 'bo@list.example member', 'cy@list.example owner'];

/** Waits of a hundredth; attempts still get a second. */
const SCALE = 0.01;
const BOUND_MS = 50_000;

export async function openSyncStack(): Promise<SyncStack> {
  const directories = await startTestDirectories();
  const platform = await startTestPlatform({ env: directories.env });
  const { superuser } = platform.database;
  const operations = createOperations({ client: platform.client, boundsScale: SCALE });

  const ending = async ({ operationId }: Process) => {
    expect(await operations.ended(operationId, BOUND_MS)).toBe(true);
    // On a busy machine the worker may not answer at once; the server's own record has no steps.
    return until(async () => {
      const view = await operations.get(operationId);
      return view?.stale === false && view;
    });
  };
  const users = async ({ tenantId, ownerEmail }: Subject) => {
    const { rows } = await superuser.query<{ email: string; role: string; roles: string[] | null }>(
      `select email, role, roles from "user".app_user u
         left join "user".access_member a on a.tenant_id = u.tenant_id and a.subject = u.user_id::text
         where u.tenant_id = $1 and email <> $2 order by email`,
      [tenantId, ownerEmail],
    );
    // What a user may do is what their role says.
    for (const { role, roles } of rows) expect(roles).toEqual([role]);
    return rows.map(({ email, role }) => `${email} ${role}`);
  };
  return {
    platform,
    directories,
    ending,
    users,
    async subject(pages = PAGES) {
      const tenant = await openTenant(platform);
      return { ...tenant, listing: await directories.list(platform.database, tenant.tenantId, pages) };
    },
    start: ({ tenantId, ownerId, listing }, directoryId = listing.directoryId) =>
      startProcessAs(
        platform,
        { tenantId, userId: ownerId, boundsScale: SCALE },
        userContract.workflows.syncDirectory,
        {
          directoryId,
        },
      ),
    parked: ({ operationId }) =>
      until(async () => {
        const view = await operations.get(operationId);
        return view?.status === 'needs-attention' ? view : undefined;
      }),
    async resolve({ operationId, tenantId }, step, action) {
      const outcome = await operations.resolve(operationId, {
        resolution: { step, action, reason: 'seen to', fingerprint: 'f' },
        call: { operationId, principal: await operatorPrincipal(platform, tenantId) },
        updateId: `${operationId}/${step}/${action}/${Date.now()}`,
      });
      return outcome?.outcome;
    },
    async expectUndone(subject, process) {
      expect(await users(subject)).toEqual([]);
      const { rows } = await superuser.query(
        `select (select count(*)::int from "user".access_member where tenant_id = $1) as members,
                (select count(*)::int from "user".directory where tenant_id = $1 and synced_by is not null) as taken,
                (select count(*)::int from "user".directory_sync_change where tenant_id = $1) as changes`,
        [subject.tenantId],
      );
      expect(rows).toEqual([{ members: 1, taken: 0, changes: 0 }]);
      const { ledger } = await sagaFootprint(platform, process.operationId);
      const states = Object.entries(ledger).filter(([step]) => !step.includes('.resolve'));
      expect(states.filter(([, state]) => state !== 'undone' && state !== 'fenced')).toEqual([]);
    },
    async close() {
      await platform.stop();
      await directories.stop();
    },
  };
}

/** Looks again until there is something. @throws Error when there is nothing in time */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = Date.now() + BOUND_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`what was waited for did not happen: ${String(look)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The same, again and again. */
export const always = (how: Misbehaviour, count = 60): Misbehaviour[] => Array.from({ length: count }, () => how);
