import { canonicalJson } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import {
  resolveSchema,
  isAnything,
  keywordsOf,
  membersOf,
  nameOf,
  sameMember,
  typeOf,
  valuesOf,
} from './json-schema.ts';
import type { Rooted } from './json-schema.ts';
import type { Schema } from './payload.ts';

/** A place where a value that one schema describes does not fit into another one. */
export interface Misfit {
  /** `to.channel`, `lanes[]`; empty for the payload as a whole. */
  readonly path: string;
  /**
   * - `missing`: may be left out here, and is required there;
   * - `unknown`: may be said here, and is refused there;
   * - `values`: some of its values are none there;
   * - `changed`: a type, a limit, a pattern or a check.
   */
  readonly why: 'missing' | 'unknown' | 'values' | 'changed';
  readonly values?: readonly string[];
  /** Of `changed`: the keyword with what it is here and there. */
  readonly keyword?: string;
  readonly here?: string;
  readonly there?: string;
}

/** @param open who reads takes what it looks for, and lets any other field be */
interface Reading {
  readonly open: boolean;
  readonly seen: Set<string>;
}

/** Keywords whose value may only grow on the way from `here` to `there`, and those whose value may only fall. */
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'];
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'];
const STRUCTURE = new Set(['properties', 'required', 'additionalProperties', 'items', 'type', 'enum', 'const']);
const OWN_RULES = new Set([...UPPER, ...LOWER, ...STRUCTURE, 'x-checks', '$defs']);

/**
 * Every place where what `here` describes may be refused by `there`. Empty: all of it fits. What it has no rule for has to
 * be the same on both sides, so that the answer errs on the side of a misfit.
 */
export function misfits(here: Schema, there: Schema, { open }: { readonly open: boolean }): Misfit[] {
  return fit({ node: here, root: here }, { node: there, root: there }, '', { open, seen: new Set() });
}

function fit(from: Rooted, to: Rooted, path: string, reading: Reading): Misfit[] {
  const [here, there] = [resolveSchema(from), resolveSchema(to)];
  // Of schemas that contain themselves: what is under way is not begun again.
  const pair = `${canonicalJson(here.node)} ${canonicalJson(there.node)}`;
  if (reading.seen.has(pair)) return [];
  const inside = { ...reading, seen: new Set(reading.seen).add(pair) };

  const [ours, theirs] = [membersOf(here), membersOf(there)];
  if (ours.length === 1 && theirs.length === 1) return fitOne(here, there, path, inside);
  return [...checkMisfits(here.node, there.node, path), ...ours.flatMap((one) => fitInto(one, theirs, path, inside))];
}

/** Into any of them; else what is said is about the one that is meant. */
function fitInto(member: Rooted, theirs: readonly Rooted[], path: string, reading: Reading): Misfit[] {
  if (theirs.some((other) => fit(member, other, path, reading).length === 0)) return [];
  const meant = theirs.find((other) => sameMember(member, other));
  return meant ? fit(member, meant, path, reading) : [{ path, why: 'values', values: [nameOf(member)] }];
}

function fitOne(here: Rooted, there: Rooted, path: string, reading: Reading): Misfit[] {
  const [a, b] = [keywordsOf(here), keywordsOf(there)];
  const checks = checkMisfits(a, b, path);
  if (isAnything(b)) return checks;
  const values = valueMisfits(a, b, path);
  if (values) return [...values, ...checks];
  const [from, to] = [typeOf(a), typeOf(b)];
  if (from !== to && !(from === 'integer' && to === 'number')) {
    return [{ path, why: 'changed', keyword: 'type', here: from, there: to }];
  }
  return [
    ...checks,
    ...limitMisfits(a, b, path),
    ...(from === 'object' ? objectMisfits(here, there, path, reading) : []),
    ...(from === 'array' ? itemMisfits(here, there, path, reading) : []),
  ];
}

/** Undefined when `there` names no values: then types decide. */
function valueMisfits(a: Schema, b: Schema, path: string): Misfit[] | undefined {
  const [ours, theirs] = [valuesOf(a), valuesOf(b)];
  if (theirs === undefined) return undefined;
  if (ours === undefined) {
    return [{ path, why: 'changed', keyword: 'values', here: 'any', there: theirs.join(', ') }];
  }
  const lost = ours.filter((value) => !theirs.includes(value));
  return lost.length > 0 ? [{ path, why: 'values', values: lost }] : [];
}

function checkMisfits(a: Schema, b: Schema, path: string): Misfit[] {
  const count = (schema: Schema) =>
    ((schema['x-checks'] ?? []) as readonly string[]).filter((check) => check === 'custom').length;
  const [here, there] = [count(a), count(b)];
  return there > here ? [{ path, why: 'changed', keyword: 'checks', here: String(here), there: String(there) }] : [];
}

function limitMisfits(a: Schema, b: Schema, path: string): Misfit[] {
  const changed = (keyword: string): Misfit => ({
    path,
    why: 'changed',
    keyword,
    here: textOf(a[keyword]),
    there: textOf(b[keyword]),
  });
  const tighter = (keyword: string, sign: 1 | -1) => {
    const [here, there] = [a[keyword], b[keyword]] as (number | undefined)[];
    return there !== undefined && (here === undefined || sign * here > sign * there);
  };
  return [
    ...UPPER.filter((keyword) => tighter(keyword, 1)),
    ...LOWER.filter((keyword) => tighter(keyword, -1)),
    ...Object.keys(b).filter((keyword) => !OWN_RULES.has(keyword) && textOf(a[keyword]) !== textOf(b[keyword])),
  ].map(changed);
}

function objectMisfits(here: Rooted, there: Rooted, path: string, reading: Reading): Misfit[] {
  const [ours, theirs] = [fieldsOf(here.node), fieldsOf(there.node)];
  const at = (field: string) => (path ? `${path}.${field}` : field);
  const others = there.node['additionalProperties'];
  const found: Misfit[] = [];
  for (const [field, node] of Object.entries(ours.fields)) {
    const known = theirs.fields[field];
    if (known) found.push(...fit({ ...here, node }, { ...there, node: known }, at(field), reading));
    else if (others === false && !reading.open) found.push({ path: at(field), why: 'unknown' });
    else if (isSchema(others)) found.push(...fit({ ...here, node }, { ...there, node: others }, at(field), reading));
  }
  for (const field of theirs.required) {
    if (!ours.required.includes(field)) found.push({ path: at(field), why: 'missing' });
  }
  const rest = here.node['additionalProperties'];
  if (rest !== false && others === false && !reading.open) found.push({ path: at('*'), why: 'unknown' });
  if (rest !== false && isSchema(others)) {
    const node = isSchema(rest) ? rest : {};
    found.push(...fit({ ...here, node }, { ...there, node: others }, at('*'), reading));
  }
  return found;
}

function itemMisfits(here: Rooted, there: Rooted, path: string, reading: Reading): Misfit[] {
  const [ours, theirs] = [here.node['items'], there.node['items']];
  if (!isSchema(theirs)) return [];
  return fit({ ...here, node: isSchema(ours) ? ours : {} }, { ...there, node: theirs }, `${path}[]`, reading);
}

function fieldsOf(node: Schema) {
  return {
    fields: (node['properties'] ?? {}) as Readonly<Record<string, Schema>>,
    required: (node['required'] ?? []) as readonly string[],
  };
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string {
  return value === undefined ? 'none' : canonicalJson(value);
}
