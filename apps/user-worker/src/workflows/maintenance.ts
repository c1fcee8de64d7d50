import { userContract } from '@adx/user-contract';
import { maintenance } from '@adx/workflow-patterns';

export const { maintain, followFinding } = maintenance(userContract);
