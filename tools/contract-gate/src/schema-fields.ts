import type { Json } from '@adx/contract-kit';
import { membersOf, resolveSchema, sameMember } from './json-schema.ts';
import type { Rooted } from './json-schema.ts';
import type { Schema } from './payload.ts';

/** The fields that one schema has and the other, where it has the same object, has not. */
export function goneFields(before: Schema, now: Schema): string[] {
  return gone({ node: before, root: before }, { node: now, root: now }, '', 0);
}

/** Deeper than any payload; schemas that contain themselves end here. */
const DEEPEST = 12;

function gone(before: Rooted, now: Rooted, path: string, depth: number): string[] {
  if (depth > DEEPEST) return [];
  const theirs = membersOf(resolveSchema(now));
  return membersOf(resolveSchema(before)).flatMap((member) => {
    const same = theirs.find((other) => sameMember(member, other));
    if (!same) return [];
    const fields = fieldsOf(same);
    const lost = Object.entries(fieldsOf(member)).flatMap(([field, node]) => {
      const at = path ? `${path}.${field}` : field;
      const kept = fields[field];
      return kept ? gone({ ...member, node }, { ...same, node: kept }, at, depth + 1) : [at];
    });
    const [ours, items] = [member.node['items'], same.node['items']] as (Schema | undefined)[];
    const inItems =
      ours && items ? gone({ ...member, node: ours }, { ...same, node: items }, `${path}[]`, depth + 1) : [];
    return [...lost, ...inItems];
  });
}

/** By path, what a parse changes: the default that it fills in, and that it trims or the like. */
export function fillings(schema: Schema): Readonly<Record<string, Json>> {
  const found: Record<string, Json> = {};
  collect({ node: schema, root: schema }, '', 0, found);
  return found;
}

function collect(at: Rooted, path: string, depth: number, found: Record<string, Json>): void {
  if (depth > DEEPEST) return;
  const overwrites = ((at.node['x-checks'] ?? []) as readonly string[]).filter((check) => check === 'overwrite');
  if ('default' in at.node || overwrites.length > 0) {
    found[path] = { default: at.node['default'] ?? null, filled: 'default' in at.node, overwrites: overwrites.length };
  }
  for (const member of membersOf(resolveSchema(at))) {
    for (const [field, node] of Object.entries(fieldsOf(member))) {
      collect({ ...member, node }, path ? `${path}.${field}` : field, depth + 1, found);
    }
    const items = member.node['items'] as Schema | undefined;
    if (items) collect({ ...member, node: items }, `${path}[]`, depth + 1, found);
  }
}

function fieldsOf({ node }: Rooted): Readonly<Record<string, Schema>> {
  return (node['properties'] ?? {}) as Readonly<Record<string, Schema>>;
}
