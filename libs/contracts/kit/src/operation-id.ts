/** The tenant of processes that belong to no tenant. */
export const NO_TENANT = '00000000-0000-0000-0000-000000000000';

/** The parts of an operation id. */
export interface OperationIdParts {
  readonly tenantId: string;
  readonly workflowType: string;
  readonly key: string;
}

/** Temporal puts the time at the end of what a schedule starts: the only keys with a colon. */
const PATTERN =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):([a-z][A-Za-z0-9]*):([A-Za-z0-9_-]{1,128}(?:T\d\d:\d\d:\d\dZ)?)$/;

/**
 * The operation id, which is also the workflow id: `<tenantId>:<workflowType>:<key>`. Safe in a URL path; its tenant
 * is readable without a look-up.
 *
 * @throws RangeError when a part would make an ambiguous id
 */
export function formatOperationId({ tenantId, workflowType, key }: OperationIdParts): string {
  const id = `${tenantId}:${workflowType}:${key}`;
  if (!PATTERN.test(id)) {
    throw new RangeError(`"${id}" is no operation id; it is <uuid>:<workflowType>:<key of A-Z a-z 0-9 _ ->`);
  }
  return id;
}

/** The parts of an operation id, or `undefined` for anything else. */
export function parseOperationId(id: string): OperationIdParts | undefined {
  const match = PATTERN.exec(id);
  return match ? { tenantId: match[1]!, workflowType: match[2]!, key: match[3]! } : undefined;
}
