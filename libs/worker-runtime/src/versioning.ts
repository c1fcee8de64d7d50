import type { WorkerOptions } from '@temporalio/worker';
import { z } from 'zod';

/** The variable of everything that polls a queue. */
export const BuildVariables = {
  /**
   * Names the build under Worker Versioning: pinned processes end on the build that began them, the others go on with the
   * deployment's current one. A new build gets no process until it is made current. Without it there is no versioning.
   */
  ADX_BUILD_ID: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
    .optional(),
} as const;

/** Patterns say which of their processes stay with a build; what says nothing goes on with the next one. */
export function versioned(
  deploymentName: string,
  buildId: string | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
