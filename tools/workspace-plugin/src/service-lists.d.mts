/** The services of the workspace at `root`, sorted. */
export function servicesIn(root: string): string[];
/** Writes the lists of them. */
export function writeServiceLists(root: string): Promise<void>;
