export { tenantService } from './service.ts';
