import { runWorker } from '@adx/worker-runtime';
import { tenantService } from './service.ts';

await runWorker(tenantService);
