export { SERVICES, everyServiceBut, readsUrlVariable } from './services.ts';
export type { ReadsUrlVariable, ServiceName } from './services.ts';
