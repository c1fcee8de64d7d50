export { bundleWorkflows } from './bundle-workflows.ts';
export type { WorkflowBundle } from './bundle-workflows.ts';
export { createReplay } from './replay-history.ts';
