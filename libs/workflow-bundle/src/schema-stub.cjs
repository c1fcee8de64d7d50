'use strict';

// Stands in for the schema library in workflow bundles. Contracts evaluate as they are written; nothing validates.
// Schemas run at the edges (gateway, activities, reads, configuration), where the real library is.

const VALIDATING = new Set([
  ...['parse', 'safeParse', 'parseAsync', 'safeParseAsync', 'spa', 'validate'],
  ...[
    'encode',
    'decode',
    'encodeAsync',
    'decodeAsync',
    'safeEncode',
    'safeDecode',
    'safeEncodeAsync',
    'safeDecodeAsync',
  ],
  ...['isOptional', 'isNullable', 'treeifyError', 'prettifyError', 'flattenError', 'toJSONSchema'],
]);

/** Methods that return a schema of the same values, so the facts of a literal or an enum are still true. */
const SAME_VALUES = new Set(['brand', 'describe', 'meta', 'register', 'readonly']);

/**
 * @param {string} path what was called, for messages: `z.strictObject().brand`
 * @param {Record<string, unknown>} [facts] plain data that contracts do read: the options of an enum, a literal's value
 */
function erased(path, facts) {
  const target = function erasedSchema() {};
  // Contracts are shared and frozen: a frozen property of the target would be the only answer that a proxy may give.
  delete target.name;
  delete target.length;
  return new Proxy(target, {
    get(target, key) {
      if (facts && Object.hasOwn(facts, key)) return facts[key];
      // Awaiting a schema must not take it for a promise.
      if (key === 'then') return undefined;
      if (key === 'toJSON' || key === 'toString' || key === Symbol.toPrimitive) return () => `[erased schema ${path}]`;
      if (key === Symbol.toStringTag) return 'ErasedSchema';
      if (key === Symbol.hasInstance) return () => false;
      if (key === 'prototype') return target.prototype;
      // Iterators included: spreading a schema is a TypeError, as it would be with the real one.
      if (typeof key === 'symbol') return undefined;
      if (VALIDATING.has(key)) {
        return () => {
          throw new Error(`${path}.${key}(): schemas are erased from workflow code; validate in an activity`);
        };
      }
      return erased(`${path}.${key}`, SAME_VALUES.has(key) ? facts : undefined);
    },
    apply: (_target, _self, [argument]) => erased(`${path}()`, factsOf(path, argument, facts)),
    construct: () => erased(`${path} instance`),
    set: () => false,
  });
}

function factsOf(path, argument, inherited) {
  const method = path.slice(path.lastIndexOf('.') + 1);
  if ((method === 'enum' || method === 'nativeEnum') && argument) {
    const entries = Array.isArray(argument) ? Object.fromEntries(argument.map((one) => [one, one])) : { ...argument };
    return { options: Object.values(entries), enum: entries };
  }
  if (method === 'literal') return { value: argument };
  return SAME_VALUES.has(method) ? inherited : undefined;
}

const root = erased('z');
module.exports = new Proxy(root, {
  get: (target, key) => (key === '__esModule' ? true : key === 'z' || key === 'default' ? root : target[key]),
});
