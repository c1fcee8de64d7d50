import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

type Workflow<A extends unknown[], R> = (...args: A) => Promise<R>;

/**
 * Under Worker Versioning the process ends on the build that began it, so that its code may change freely. For what is
 * over in minutes or days: the old build's workers stay until nothing is pinned to them. Without versioning it says nothing.
 */
export function pinned<A extends unknown[], R>(workflow: Workflow<A, R>): Workflow<A, R> {
  return withBehavior('PINNED', workflow);
}

/**
 * Under Worker Versioning the process goes on with each new build, so that no build has to stay for it; a change of its
 * commands goes behind `patched`. For what lives long, or without an end. Without versioning it says nothing.
 */
export function autoUpgraded<A extends unknown[], R>(workflow: Workflow<A, R>): Workflow<A, R> {
  return withBehavior('AUTO_UPGRADE', workflow);
}

function withBehavior<A extends unknown[], R>(versioningBehavior: 'PINNED' | 'AUTO_UPGRADE', workflow: Workflow<A, R>) {
  // The server refuses the tasks of a worker that names a behaviour and no deployment.
  setWorkflowOptions(
    () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior } : {}),
    workflow,
  );
  return workflow;
}
