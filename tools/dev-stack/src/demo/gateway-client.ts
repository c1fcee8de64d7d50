import { randomUUID } from 'node:crypto';
import { waitUntil } from '@adx/local-parts';

/** An answer of the gateway. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An operation, as far as the demo looks at it. */
export interface OperationBody {
  readonly operationId: string;
  readonly status: string;
  readonly startedAt: string;
  readonly closedAt?: string;
  readonly steps: readonly {
    readonly name: string;
    readonly service: string;
    readonly status: string;
    readonly startedAt: string;
    readonly undo?: string;
  }[];
  readonly attention?: readonly { readonly step: string; readonly error: { readonly type: string } }[];
  readonly error?: { readonly type: string };
}

/** The gateway over plain HTTP, as one caller. */
export interface GatewayClient {
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Waits until an operation is as wanted; fails after the bound, saying how it was last. */
  until(operationId: string, wanted: (operation: OperationBody) => boolean, withinMs: number): Promise<OperationBody>;
}

export function createGatewayClient(url: string, token: string): GatewayClient {
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(40_000),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  const get = (path: string) => ask(path, {});
  return {
    get,
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
        body: JSON.stringify(body),
      }),
    async until(operationId, wanted, withinMs) {
      let last: Answer | undefined;
      const found = await waitUntil(
        async () => {
          last = await get(`/v1/operations/${operationId}`);
          const operation = last.body as unknown as OperationBody;
          return last.status === 200 && wanted(operation) ? operation : undefined;
        },
        { within: withinMs },
      );
      if (!found) throw new Error(`${operationId} did not get there in ${withinMs} ms: ${JSON.stringify(last?.body)}`);
      return found;
    },
  };
}
