import * as locales from 'zod/locales';

/** A part of the schema library that the bundler has not been told of. */
export const stray = (): Promise<string[]> => Promise.resolve(Object.keys(locales));
