import { failure } from '@adx/contract-kit';
import { Plan } from '@adx/tenant-contract';
import { tenantActivities } from './tenant-activities.ts';

export const reserveSeat = tenantActivities.activity('reserveSeat', {
  run: async ({ input, tenantId, tx, fail, seats }) => {
    // Locked: of two invitations for the last seat one must see the other's.
    const [tenant] = await tx.$queryRaw<{ name: string; plan: string }[]>`
      select name, plan from tenant where tenant_id = ${tenantId}::uuid for update`;
    if (!tenant) throw failure('NotFound', 'no such tenant');
    const most = seats[Plan.parse(tenant.plan)];
    if ((await tx.seat.count({ where: { tenantId } })) >= most) throw fail.NoSeatLeft({ seats: most });
    await tx.seat.create({ data: { tenantId, userId: input.userId } });
    return { tenantName: tenant.name };
  },
  undo: async ({ input, tenantId, tx }) => {
    await tx.seat.deleteMany({ where: { tenantId, userId: input.userId } });
  },
});
