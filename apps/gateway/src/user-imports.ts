import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { In, Out } from '@adx/contract-kit';
import { userContract } from '@adx/user-contract';
import type { OwnerReads } from './owner-reads.ts';
import { HttpProblem, notFound } from './problem.ts';

const PAGE_ROWS = 1_000;

const { getUserImport, listFailedRows } = userContract.reads;
const { stageUserImport } = userContract.uploads;

/** Asks the owner of users. All methods throw HttpProblem: 404, what the owner refused, or 503 when it does not answer. */
export interface UserImports {
  /** Hands a file on as it comes; the owner's pace is that of the sender. */
  stage(
    principal: string,
    input: In<typeof stageUserImport>,
    file: { readonly mediaType: string; readonly body: Readable },
  ): Promise<Out<typeof stageUserImport>>;
  get(principal: string, importId: In<typeof getUserImport>['importId']): Promise<Out<typeof getUserImport>>;
  /** Page by page, no faster than they are read. */
  failedRows(
    principal: string,
    importId: In<typeof getUserImport>['importId'],
  ): AsyncGenerator<Out<typeof listFailedRows>['rows']>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** @param baseUrl the internal port of the user service */
export function createUserImports(reads: OwnerReads, baseUrl: string): UserImports {
  return {
    async stage(principal, input, { mediaType, body }) {
      const url = new URL(`/internal/uploads/${stageUserImport.name}`, baseUrl);
      url.searchParams.set('input', JSON.stringify(input));
      const headers = { 'content-type': mediaType, authorization: `Bearer ${principal}` };
      return stageUserImport.output.parse(bodyOf(await send(url, headers, body)));
    },
    get: (principal, importId) => reads.ask(getUserImport, { importId }, principal),
    async *failedRows(principal, importId) {
      for (let after: number | null = 0; after !== null;) {
        const page: Out<typeof listFailedRows> = await reads.ask(
          listFailedRows,
          { importId, after, limit: PAGE_ROWS },
          principal,
        );
        if (page.rows.length > 0) yield page.rows;
        after = page.next;
      }
    },
  };
}

/** Not `fetch`: an answer that comes before the body is sent, a refusal, must not be lost. @throws what the body throws */
function send(url: URL, headers: Record<string, string>, body: Readable): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'POST', headers });
    request.on('response', (response) => {
      const { statusCode: status = 500 } = response;
      json(response).then(
        (answer) => resolve({ status, body: answer }),
        () => resolve(undefined),
      );
    });
    pipeline(body, request).catch((error: NodeJS.ErrnoException) => {
      // The system's errors are about the connection to the owner; the body's own have no `syscall`.
      if (error.syscall === undefined && error.code !== 'ECONNRESET') reject(error);
      else resolve(undefined);
    });
  });
}

function bodyOf(answer: Answer | undefined): unknown {
  if (answer && answer.status >= 200 && answer.status < 300) return answer.body;
  if (answer?.status === 404) throw notFound();
  const { code, detail } = (answer?.body ?? {}) as { code?: string; detail?: string };
  if (answer && answer.status >= 400 && answer.status < 500 && code !== undefined && detail !== undefined) {
    throw new HttpProblem(answer.status, code, detail);
  }
  throw new HttpProblem(503, 'OwnerUnavailable', 'the user service does not answer');
}
