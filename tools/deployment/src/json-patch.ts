import { isDeepStrictEqual } from 'node:util';
import type { Yaml, YamlMap } from './manifest.ts';

/** One operation of RFC 6902, of those that are supported here. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove' | 'test';
  readonly path: string;
  readonly value?: Yaml;
}

const OPERATIONS = ['add', 'replace', 'remove', 'test'];

/** @throws Error naming the operation that is not supported, or that finds no place */
export function applyPatch(document: Yaml, operations: readonly PatchOperation[]): Yaml {
  return operations.reduce<Yaml>((value, operation) => {
    if (!OPERATIONS.includes(operation.op)) throw new Error(`the operation "${operation.op}" is not supported here`);
    const [, ...keys] = operation.path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    return change(value, keys, operation);
  }, document);
}

function change(value: Yaml, [key, ...rest]: readonly string[], operation: PatchOperation): Yaml {
  const nowhere = () => new Error(`${operation.op} ${operation.path}: there is no such place`);
  if (key === undefined || typeof value !== 'object' || value === null) throw nowhere();
  const list = Array.isArray(value);
  const entries: Record<string, Yaml> = { ...(value as YamlMap) };
  if (rest.length > 0) {
    if (!Object.hasOwn(entries, key)) throw nowhere();
    entries[key] = change(entries[key]!, rest, operation);
    return list ? Object.values(entries) : entries;
  }
  if (operation.op !== 'add' && !Object.hasOwn(entries, key)) throw nowhere();
  if (operation.op === 'test') {
    if (!isDeepStrictEqual(entries[key], operation.value)) throw new Error(`test ${operation.path}: it is another one`);
    return value;
  }
  if (list) {
    const items = [...(value as readonly Yaml[])];
    const index = key === '-' ? items.length : Number(key);
    if (operation.op === 'remove') items.splice(index, 1);
    else items.splice(index, operation.op === 'add' ? 0 : 1, operation.value!);
    return items;
  }
  if (operation.op === 'remove') delete entries[key];
  else entries[key] = operation.value!;
  return entries;
}
