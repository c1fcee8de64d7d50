const CANCEL_OR_STARTUP_HEADER = 4;
const HEADER = 5;

/**
 * Reads the client's side of one Postgres connection, in chunks as they come.
 *
 * @param onStatement is told the text of each statement when it is executed, a prepared one each time
 */
export function readStatements(onStatement: (text: string) => void): (chunk: Buffer) => void {
  const prepared = new Map<string, string>();
  let bytes = Buffer.alloc(0);
  let begun = false;
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    // The first message has no type.
    if (!begun && bytes.length >= CANCEL_OR_STARTUP_HEADER) {
      const length = bytes.readInt32BE(0);
      if (bytes.length < length) return;
      begun = true;
      bytes = bytes.subarray(length);
    }
    while (begun && bytes.length >= HEADER) {
      const end = 1 + bytes.readInt32BE(1);
      if (bytes.length < end) return;
      read(String.fromCharCode(bytes[0]!), bytes.subarray(HEADER, end));
      bytes = bytes.subarray(end);
    }
  };

  function read(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('latin1').split('\0', 2);
    if (type === 'Q') onStatement(first);
    // Parse: a name and a text. Bind: a portal and the name of what was parsed.
    if (type === 'P') prepared.set(first, second);
    if (type === 'B') onStatement(prepared.get(second) ?? second);
  }
}
