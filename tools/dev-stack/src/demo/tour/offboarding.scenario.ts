import { ENDED } from '../stage.ts';
import type { OperationBody } from '../gateway-client.ts';
import type { Scenario } from '../stage.ts';
import { WITHIN_MS, completed, failedFor, openTenant, run, start, taken } from './processes.ts';

const waits = ({ steps }: OperationBody) => steps.some(({ name, status }) => name === 'wait' && status === 'waiting');

export const tenantOffboarded: Scenario = {
  name: 'a tenant leaves, comes back within its grace, and leaves for good',
  says: ['The grace is 30 days by default; the dev stack sets it to 10 seconds.'],
  shows: ['offboardTenant'],
  async play(stage) {
    const { owner, ownerId, tenantId } = await openTenant(stage, 'vandelay');
    const path = `/v1/tenants/${tenantId}/offboarding`;
    const user = `/v1/users/${ownerId}`;
    const first = await start(stage.gateway, `POST ${path}`);
    await stage.gateway.until(first, waits, WITHIN_MS);
    const shown = await taken(owner.get(path));
    const read = await owner.get(user);
    const exported = (await owner.text(`${path}/export`)).trim().split('\n');
    await taken(owner.post(`${path}/withdrawal`, {}));
    const withdrawn = await stage.gateway.until(first, ENDED, WITHIN_MS);
    const back = await run(owner, 'POST /v1/users', { email: 'bo@vandelay.example' });

    const second = await start(stage.gateway, `POST ${path}`);
    await stage.gateway.until(second, waits, WITHIN_MS);
    const refused = await run(owner, 'POST /v1/users', { email: 'cy@vandelay.example' });
    const gone = await stage.gateway.until(second, ENDED, WITHIN_MS);
    const left = await stage.evidence.leftOf(tenantId);
    return {
      operation: gone,
      others: [withdrawn, back, refused],
      checks: {
        'its people can read, and take everything along':
          read.status === 200 && exported.some((line) => line.includes(ownerId)),
        'they can change nothing': failedFor(refused, 'TenantAccessDenied'),
        'withdrawn by its owner: as before': withdrawn.status === 'cancelled' && completed(back),
        'gone after its grace': completed(gone) && (await stage.gateway.get(`/v1/tenants/${tenantId}`)).status === 404,
        'no row is left in any service': left.rows.length === 0,
        'its keys are destroyed': left.keysDestroyed,
        'what it did stays in the audit': left.auditEntries > 0,
      },
      evidence: { removalAt: shown['removalAt'], exportedRows: exported.length, left },
    };
  },
};
