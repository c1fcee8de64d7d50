import { readStatements } from '../src/wire-statements.ts';

function message(type: string, ...texts: string[]): Buffer {
  const body = Buffer.from(texts.map((text) => `${text}\0`).join(''), 'latin1');
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const startup = Buffer.concat([Buffer.from([0, 0, 0, 13, 0, 3, 0, 0]), Buffer.from('user\0', 'latin1')]);
const session = Buffer.concat([
  startup,
  message('p', 'a password'),
  message('Q', 'begin'),
  message('P', 'one', 'select 1'),
  message('B', '', 'one'),
  message('E', ''),
  message('S'),
  message('B', '', 'one'),
  message('P', '', 'select 2'),
  message('B', '', ''),
  message('B', '', 'of another reader'),
]);

test.each([1, 7, session.length])('reads what is executed, in chunks of %d bytes', (size) => {
  const statements: string[] = [];
  const read = readStatements((text) => void statements.push(text));
  for (let at = 0; at < session.length; at += size) read(session.subarray(at, at + size));
  expect(statements).toEqual(['begin', 'select 1', 'select 1', 'select 2', 'of another reader']);
});
