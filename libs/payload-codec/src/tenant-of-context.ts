import { NO_TENANT, parseOperationId } from '@adx/contract-kit';
import type { SerializationContext } from '@temporalio/common';

/**
 * The tenant of the process that a payload belongs to: the first part of its workflow id. Processes whose id is no
 * operation id belong to the platform (`NO_TENANT`). Undefined when the SDK does not say which process it is.
 */
export function tenantOfContext(context: SerializationContext | undefined): string | undefined {
  if (context?.workflowId === undefined) return undefined;
  return parseOperationId(context.workflowId)?.tenantId ?? NO_TENANT;
}
