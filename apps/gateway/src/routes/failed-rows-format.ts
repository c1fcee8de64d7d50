import type { Out } from '@adx/contract-kit';
import type { userContract } from '@adx/user-contract';

export const FAILED_ROWS_FORMATS = ['ndjson', 'csv'] as const;

type Rows = Out<typeof userContract.reads.listFailedRows>['rows'];

/** Failed rows as a report, page by page. */
export function formatFailedRows(
  format: (typeof FAILED_ROWS_FORMATS)[number],
  pages: AsyncIterable<Rows>,
): { readonly mediaType: string; readonly lines: AsyncGenerator<string> } {
  if (format === 'csv') return { mediaType: 'text/csv; charset=utf-8', lines: csv(pages) };
  return { mediaType: 'application/x-ndjson; charset=utf-8', lines: ndjson(pages) };
}

async function* ndjson(pages: AsyncIterable<Rows>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function* csv(pages: AsyncIterable<Rows>): AsyncGenerator<string> {
  yield 'line,reason,row\r\n';
  for await (const rows of pages) {
    yield rows.map(({ line, reason, row }) => `${line},${reason},${quoted(row)}\r\n`).join('');
  }
}

/** Spreadsheets run what begins like a formula: a quote in front makes it text. */
function quoted(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
