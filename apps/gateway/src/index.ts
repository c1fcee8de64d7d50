export { GatewayConfig } from './config.ts';
export { createQueue } from './queue.ts';
export { startGateway } from './start-gateway.ts';
export type { RunningGateway } from './start-gateway.ts';
