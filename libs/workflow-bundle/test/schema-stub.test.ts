import { createRequire } from 'node:module';
import type * as zod from 'zod';

const stub = createRequire(import.meta.url)('../src/schema-stub.cjs') as typeof zod & { readonly default: unknown };
const { z } = stub;

describe('a contract over the stub', () => {
  test('evaluates whatever its schemas are made of', () => {
    const Slug = z
      .string()
      .min(2)
      .regex(/^[a-z]+$/, 'lower case')
      .brand<'Slug'>();
    expect(() =>
      z.strictObject({
        slug: Slug,
        plan: z.enum(['free', 'team']).default('free'),
        tags: z.array(z.union([z.iso.datetime(), z.null()])).optional(),
        more: z.record(z.string(), z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })])),
      }),
    ).not.toThrow();
  });

  test('still knows the facts that contracts read: the options of an enum and the value of a literal', () => {
    expect(z.enum(['free', 'team']).options).toEqual(['free', 'team']);
    expect(z.enum(['free', 'team']).enum).toEqual({ free: 'free', team: 'team' });
    expect(z.enum({ Free: 'free' }).options).toEqual(['free']);
    expect(z.literal('a').value).toBe('a');
    expect(z.enum(['free']).brand<'Plan'>().describe('what is paid for').options).toEqual(['free']);
  });

  test('does not claim facts that a later method may have changed', () => {
    expect(z.enum(['free', 'team']).exclude(['team']).options).not.toEqual(['free', 'team']);
  });
});

describe('a schema in workflow code', () => {
  test.each(['parse', 'safeParse', 'parseAsync', 'safeParseAsync', 'encode', 'decode'] as const)(
    'throws when %s is called, and says which schema and what to do',
    (method) => {
      const Slug = z.string().min(2);
      expect(() => Slug[method]('x' as never)).toThrow(
        `z.string().min().${method}(): schemas are erased from workflow code; validate in an activity`,
      );
    },
  );

  test('throws when it is turned into JSON Schema', () => {
    expect(() => z.toJSONSchema(z.string())).toThrow('z.toJSONSchema(): schemas are erased');
  });

  test('can be awaited, printed and put into JSON', async () => {
    const schema: unknown = z.string();
    expect(await Promise.resolve(schema)).toBe(schema);
    expect(String(schema)).toBe('[erased schema z.string()]');
    expect(JSON.stringify({ schema })).toBe('{"schema":"[erased schema z.string()]"}');
  });

  test('is no instance of anything and cannot be spread, as the real one cannot', () => {
    expect({} instanceof (z.ZodError as unknown as new () => object)).toBe(false);
    expect(() => [...(z.string() as unknown as Iterable<unknown>)]).toThrow(TypeError);
  });

  test('cannot be written to', () => {
    expect(() => {
      (z as unknown as Record<string, unknown>)['string'] = 1;
    }).toThrow(TypeError);
  });
});

test('every way to import the library gives the same stub', () => {
  expect(stub.default).toBe(z);
  expect((stub as unknown as { __esModule: unknown }).__esModule).toBe(true);
  expect(JSON.stringify(stub.string())).toBe(JSON.stringify(z.string()));
});
