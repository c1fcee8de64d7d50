import { runWorker } from '@adx/worker-runtime';
import { userService } from './service.ts';

await runWorker(userService);
