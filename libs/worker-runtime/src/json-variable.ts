import { z } from 'zod';

/** A variable that is JSON, of a shape. */
export function jsonVariable<S extends z.ZodType>(shape: S) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(shape);
}
