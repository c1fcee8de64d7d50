import { canonicalJson } from '@adx/contract-kit';
import type { Json } from '@adx/contract-kit';
import type { Schema } from './payload.ts';

/** A part of a schema, with the whole that its references point into. */
export interface Rooted {
  readonly node: Schema;
  readonly root: Schema;
}

/** Follows a reference to what it names. @throws Error for one that zod does not write */
export function resolveSchema({ node, root }: Rooted): Rooted {
  const reference = node['$ref'];
  if (reference === undefined) return { node, root };
  const name = /^#\/\$defs\/(\w+)$/.exec(reference as string)?.[1];
  const target = reference === '#' ? root : (root['$defs'] as Record<string, Schema> | undefined)?.[name ?? ''];
  if (!target) throw new Error(`the schema has a reference that is not followed here: ${reference as string}`);
  return { node: target, root };
}

/** What narrows a value: neither defaults nor texts for people. */
export function keywordsOf({ node }: Rooted): Schema {
  const { default: _default, title: _title, description: _description, ...rest } = node;
  return rest;
}

/** Whether every value fits. */
export function isAnything(keywords: Schema): boolean {
  return Object.keys(keywords).every((keyword) => keyword === 'x-checks' || keyword === '$defs');
}

/** The alternatives of a union, or the schema itself. Unions within a union are one union. */
export function membersOf(schema: Rooted): readonly Rooted[] {
  const { node } = schema;
  // `{ type: ['string', 'null'], maxLength: 5 }`: what it says of strings says nothing of null.
  if (Array.isArray(node['type'])) {
    return (node['type'] as readonly string[]).map((type) => ({
      ...schema,
      node: type === 'null' ? { type } : { ...node, type },
    }));
  }
  const members = (node['anyOf'] ?? node['oneOf']) as readonly Schema[] | undefined;
  if (!members) return [schema];
  return members.flatMap((member) => membersOf(resolveSchema({ ...schema, node: member })));
}

/** The values of an enum or a literal, as JSON. */
export function valuesOf(keywords: Schema): readonly string[] | undefined {
  if (keywords['const'] !== undefined) return [canonicalJson(keywords['const'])];
  return (keywords['enum'] as readonly Json[] | undefined)?.map(canonicalJson);
}

/** Whether two alternatives are the same one, perhaps changed: by the literal that tells them apart, else by their type. */
export function sameMember(one: Rooted, other: Rooted): boolean {
  const [a, b] = [tagsOf(one), tagsOf(other)];
  const shared = Object.keys(a).filter((field) => field in b);
  if (shared.length > 0) return shared.every((field) => a[field] === b[field]);
  return one.node['type'] !== undefined && one.node['type'] === other.node['type'];
}

/** Of a schema that is no union. */
export function typeOf(keywords: Schema): string {
  return (keywords['type'] as string | undefined) ?? 'anything';
}

/** How an alternative is called in a message. */
export function nameOf(member: Rooted): string {
  const tags = Object.entries(tagsOf(member)).map(([field, value]) => `${field} ${value}`);
  const values = valuesOf(member.node);
  return tags.join(', ') || values?.join(', ') || typeOf(member.node);
}

function tagsOf({ node }: Rooted): Readonly<Record<string, string>> {
  const fields = Object.entries((node['properties'] ?? {}) as Record<string, Schema>);
  return Object.fromEntries(
    fields.flatMap(([field, { const: value }]) => (value === undefined ? [] : [[field, canonicalJson(value)]])),
  );
}
