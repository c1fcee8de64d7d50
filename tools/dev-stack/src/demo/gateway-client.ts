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
  /** The name of its process. */
  readonly type: string;
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
  readonly result?: unknown;
}

/** The gateway over plain HTTP, as one caller. */
export interface GatewayClient {
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** @param route as `PATCH /v1/users/...`; a body of text is sent as it is, any other one as JSON */
  send(route: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** What is no JSON. */
  text(path: string): Promise<string>;
  /** Waits until an operation is as wanted; fails after the bound, saying how it was last. */
  until(operationId: string, wanted: (operation: OperationBody) => boolean, withinMs: number): Promise<OperationBody>;
}

/** @param token without one the caller is nobody */
export function createGatewayClient(url: string, token?: string): GatewayClient {
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(40_000),
    });
  const answerOf = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: (await response.json()) as Answer['body'],
  });
  const get = async (path: string) => answerOf(await ask(path, {}));
  const send: GatewayClient['send'] = async (route, body, headers = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const told = typeof body === 'string' ? body : JSON.stringify(body);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return answerOf(
      await ask(path, {
        method,
        headers: { ...type, 'idempotency-key': randomUUID(), ...headers },
        ...(told === undefined ? {} : { body: told }),
      }),
    );
  };
  return {
    get,
    send,
    text: async (path) => (await ask(path, {})).text(),
    post: (path, body, headers) => send(`POST ${path}`, body, headers),
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
