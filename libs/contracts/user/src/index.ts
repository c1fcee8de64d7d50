export { Role, UserChange, UserId, userContract } from './user.contract.ts';
