import { runWorker } from '@adx/worker-runtime';
import { notificationService } from './service.ts';

await runWorker(notificationService);
