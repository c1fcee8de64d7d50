import { readFile } from 'node:fs/promises';

/**
 * Reads a file that holds keys or passwords as JSON.
 *
 * @throws SyntaxError when it is no JSON; that of `JSON.parse` would show how the file begins
 */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('it is no JSON');
  }
}
