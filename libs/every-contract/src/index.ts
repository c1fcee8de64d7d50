export { ADDED_CONTRACTS, CONTRACTS } from './contracts.ts';
