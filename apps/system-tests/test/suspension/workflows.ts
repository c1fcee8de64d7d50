import { tenantContract } from '@adx/tenant-contract';
import { saga } from '@adx/workflow-patterns';
import { probeContract } from './probe.contract.ts';

const { addNote } = probeContract.activities;
const { lockTenant, setTenantStatus, unlockTenant } = tenantContract.activities;

/** A process of a member, with an effect before and one after whatever happens in between. */
export const addTwoNotes = saga(
  probeContract.workflows.addTwoNotes,
  async (run) => {
    await run.step(addNote, { note: 'first' });
    await run.step(addNote, { note: 'second' });
    return {};
  },
  { deadline: '10m' },
);

export const changeStatus = saga(
  probeContract.workflows.changeStatus,
  async (run, { status }) => {
    // Only the tenant service is told here: the others learn it by the event.
    await run.step(lockTenant, { to: status });
    await run.step(setTenantStatus, { status });
    await run.pivot(unlockTenant, {});
    return {};
  },
  { deadline: '10m' },
);
