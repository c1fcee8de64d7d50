/** Writes the lists of handlers of every app below `root`. */
export function writeHandlerLists(root: string): Promise<void>;
