export { Role, UserId, userContract } from './user.contract.ts';
