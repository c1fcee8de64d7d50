import fc from 'fast-check';
import type { RawRow } from '../../src/domain/import-row.ts';
import { readFile } from '../../src/domain/read-file.ts';

async function rowsOf(body: string | Buffer, mediaType: string, cut = 65_536): Promise<RawRow[]> {
  const bytes = Buffer.from(body);
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
  })();
  const rows: RawRow[] = [];
  for await (const some of readFile(chunks, mediaType)) rows.push(...some);
  return rows;
}
const csv = (body: string, cut?: number) => rowsOf(body, 'text/csv', cut);
const brief = (rows: readonly RawRow[]) => rows.map(({ line, fields, fault }) => [line, fault ?? fields]);

test('finds the same rows however the body is cut', async () => {
  const file = `email,role\r\n"a ""x""\ny@b.example",owner\n\nçedille@b.example,member\n`;
  const whole = await csv(file);
  expect(brief(whole)).toEqual([
    [2, { email: 'a "x"\ny@b.example', role: 'owner' }],
    [5, { email: 'çedille@b.example', role: 'member' }],
  ]);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (cut) => expect(await csv(file, cut)).toEqual(whole)),
  );
});

test('reads every JSON line as what it is, or says why not', async () => {
  const values = fc.array(fc.oneof(fc.json(), fc.string()).map((text) => text.replaceAll(/[\r\n]/g, '')));
  await fc.assert(
    fc.asyncProperty(values, fc.integer({ min: 1, max: 40 }), async (lines, cut) => {
      const rows = await rowsOf(lines.join('\n'), 'application/x-ndjson', cut);
      expect(rows).toHaveLength(lines.filter((line) => line.replace(/^\uFEFF/, '').trim() !== '').length);
      for (const { fields, fault } of rows) expect((fields === undefined) !== (fault === undefined)).toBe(true);
    }),
  );
});

test('goes on after a quote that is never closed', async () => {
  const file = `email\n"open@b.example\n${'filler@b.example\n'.repeat(300)}last@b.example\n`;
  const rows = await csv(file);
  expect(rows[0]).toMatchObject({ line: 2, fault: 'TooLong' });
  expect(rows[0]!.text.length).toBe(200);
  expect(rows.at(-1)).toMatchObject({ line: 303, fields: { email: 'last@b.example' } });
});

test('holds no more than a row, also of a body without a line break', async () => {
  const rows = await rowsOf('x'.repeat(1_000_000), 'application/x-ndjson', 1_000);
  expect(brief(rows)).toEqual([[1, 'TooLong']]);
});

test('says which rows of a CSV file are none, and reads the others of the same part', async () => {
  expect(brief(await csv('email,role\na@b.example,owner\na@b.example\n"b" c@b.example",owner\nd@b.example,'))).toEqual([
    [2, { email: 'a@b.example', role: 'owner' }],
    [3, 'WrongColumnCount'],
    [4, expect.anything()],
  ]);
});
