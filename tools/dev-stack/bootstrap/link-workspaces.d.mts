/** Links the packages of the workspace at `root` into its node_modules, by its lockfile. */
export function linkWorkspaces(root: string): Promise<void>;
