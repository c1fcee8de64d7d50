import { entity } from '@adx/workflow-patterns';
import { clubContract } from './club.contract.ts';

const { join, visit, manage, remind } = clubContract.activities;
const parts = {
  open: join,
  apply: ({ type }: { readonly type: string }) => (type === 'managed' ? manage : visit),
  alarm: remind,
};

export const membership = entity(clubContract.workflows.membership, parts);

/** Ends after 30 days of silence, and after 100 days in any case. */
export const passing = entity(clubContract.workflows.passing, { ...parts, idle: '30d', deadline: '100d' });

export const misnamed = entity(clubContract.workflows.exportedByAnotherName, parts);
