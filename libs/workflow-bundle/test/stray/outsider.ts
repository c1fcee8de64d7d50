import { v5 } from 'uuid';

/** What no lint rule stopped. */
export const stray = (): Promise<string> => Promise.resolve(v5('a', v5.URL));
