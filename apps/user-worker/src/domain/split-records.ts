/** A record of a file: its first line, and its text. */
export interface TextRecord {
  readonly line: number;
  readonly text: string;
  /** The text is only its beginning. */
  readonly tooLong: boolean;
}

/** No row has more: an address and a role are below 300. */
const LONGEST = 4_096;
/** What is kept of one that is longer, as a sign of which it was. */
const KEPT = 200;
const NEW_LINE = 0x0a;

/**
 * Cuts a body into records, as it comes: nothing but the record at hand is held. Empty lines are none. After a record
 * that is too long it goes on at the next line, so that a quote that is never closed does not swallow the file.
 *
 * @param options.quoted a line break within double quotes is none: CSV
 */
export async function* splitRecords(
  body: AsyncIterable<Buffer>,
  options: { readonly quoted: boolean },
): AsyncGenerator<TextRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  let cut = false;
  let line = 0;
  let open: { line: number; text: string } | undefined;
  let records: TextRecord[] = [];

  const emit = (record: { line: number; text: string }, tooLong: boolean) => {
    const { text } = record;
    if (text.trim() !== '') records.push({ line: record.line, text: tooLong ? text.slice(0, KEPT) : text, tooLong });
  };
  const take = (bytes: Buffer) => {
    line += 1;
    const text = textOf(bytes, line);
    const record = open ? { line: open.line, text: `${open.text}\n${text}` } : { line, text };
    open = undefined;
    if (cut || record.text.length > LONGEST) emit(record, true);
    else if (options.quoted && isOpen(record.text)) open = record;
    else emit(record, false);
    cut = false;
  };

  for await (const chunk of body) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(NEW_LINE); end !== -1; end = bytes.indexOf(NEW_LINE, from)) {
      take(bytes.subarray(from, end));
      from = end + 1;
    }
    bytes = bytes.subarray(from);
    if (bytes.length > LONGEST) {
      cut = true;
      bytes = bytes.subarray(0, LONGEST);
    }
    // A copy: a view would keep the whole chunk.
    rest = Buffer.from(bytes);
    if (records.length > 0) yield records;
    records = [];
  }
  if (rest.length > 0) take(rest);
  if (open) emit(open, false);
  if (records.length > 0) yield records;
}

function textOf(bytes: Buffer, line: number): string {
  const text = bytes.toString('utf8');
  const end = text.endsWith('\r') ? text.length - 1 : text.length;
  // A byte order mark is no part of the first row; and Postgres stores no NUL.
  return text.slice(line === 1 && text.startsWith('\uFEFF') ? 1 : 0, end).replaceAll('\0', '\uFFFD');
}

function isOpen(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 1;
}
