import { endProcess } from '@adx/local-parts';
import type { StackFile } from './stack-file.ts';

/** Ends the parts of a stack that nobody manages, last started first. @returns the names of those that still ran */
export async function endParts({ parts }: StackFile): Promise<readonly string[]> {
  const left: string[] = [];
  for (const [name, identity] of Object.entries(parts).reverse()) {
    // To Postgres SIGTERM means to wait for its clients to leave, SIGINT to end them.
    if (await endProcess(identity, { signal: name === 'postgres' ? 'SIGINT' : 'SIGTERM' })) left.push(name);
  }
  return left;
}
