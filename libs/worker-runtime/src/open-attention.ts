import type { Attention } from '@adx/contract-kit';
import { createOperations } from '@adx/operations';
import { getClient } from '@temporalio/activity';

/** A step that waits for a person, and whose. */
export interface OpenAttention {
  readonly operationId: string;
  readonly type: string;
  readonly attention: Attention;
}

/** Operations that are asked at the same time. */
const AT_ONCE = 20;
/** Beyond this many the first ones are what matters. */
const MOST_PAGES = 25;

/** Whether anything waits for a person, as far as the index knows. For activities. */
export async function needsAttention(): Promise<boolean> {
  const { operations } = await createOperations({ client: getClient() }).list({ status: 'needs-attention', limit: 1 });
  return operations.length > 0;
}

/**
 * Everything that waits for a person, of all tenants. What no worker answers for is not here: since when it waits is known
 * to nobody else. For activities.
 */
export async function openAttention(): Promise<readonly OpenAttention[]> {
  const operations = createOperations({ client: getClient() });
  const open: OpenAttention[] = [];
  let page: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const filter = { status: 'needs-attention', limit: AT_ONCE, ...(page === undefined ? {} : { page }) } as const;
    const listed = await operations.list(filter);
    const views = await Promise.all(listed.operations.map(({ operationId }) => operations.get(operationId)));
    for (const view of views) {
      const { operationId = '', type = '', attention = [] } = view ?? {};
      open.push(...attention.map((one) => ({ operationId, type, attention: one })));
    }
    page = listed.nextPage;
    if (page === undefined) break;
  }
  return open;
}
