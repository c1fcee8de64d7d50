export { gatewayContract } from './gateway.contract.ts';
