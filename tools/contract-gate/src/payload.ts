import type { Json, Wire } from '@adx/contract-kit';
import { z } from 'zod';

/** A JSON Schema as zod writes it. What it has no word for is in keywords of our own, `x-checks` and `x-opaque`. */
export type Schema = { readonly [keyword: string]: Json };

/** What a schema takes, and what it makes of it where that is not the same: with defaults, without unknown fields. */
export interface Payload {
  readonly accepts: Schema;
  readonly gives?: Schema;
}

/** Describes a schema of a contract as data, which outlives the code that it was written in. */
export function payloadOf(schema: Wire): Payload {
  const accepts = describe(schema, 'input');
  const gives = describe(schema, 'output');
  return JSON.stringify(accepts) === JSON.stringify(gives) ? { accepts } : { accepts, gives };
}

/** What comes out of a parse. */
export function givenBy({ accepts, gives }: Payload): Schema {
  return gives ?? accepts;
}

const OPAQUE = ['custom', 'transform'];
/** `overwrite` is what `trim()` and the like are: the value is taken, and becomes another one. */
const CHECKS = ['custom', 'overwrite'];

function describe(schema: Wire, io: 'input' | 'output'): Schema {
  const { $schema: _draft, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { type, checks = [] } = zodSchema._zod.def;
      // Their code cannot be compared. That there is one more of them can.
      const unseen = checks.map(({ _zod: { def } }) => def.check).filter((check) => CHECKS.includes(check));
      const target = jsonSchema as Record<string, unknown>;
      if (unseen.length > 0) target['x-checks'] = unseen;
      if (OPAQUE.includes(type)) target['x-opaque'] = type;
    },
  });
  return described as Schema;
}
