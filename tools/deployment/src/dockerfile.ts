/** A stage of a Dockerfile that something is to be run from. */
export interface Target {
  readonly name: string;
  /** Who its process is, by the last USER of it and of what it is made from. */
  readonly user?: string;
  /** What it takes from the build: from where in the tree, and to where in its folder. */
  readonly copied: readonly { readonly from: string; readonly to: string }[];
}

/** The stages of a Dockerfile, with what they inherit. */
export function parseTargets(text: string): Target[] {
  const targets: Target[] = [];
  // A line that ends in a backslash goes on in the next one.
  for (const line of text.replaceAll(/\\\n\s*/g, ' ').split('\n')) {
    const from = /^FROM (\S+) AS (\S+)$/.exec(line);
    const last = targets.at(-1);
    if (from) {
      const base = targets.find(({ name }) => name === from[1]);
      targets.push({
        name: from[2]!,
        copied: base?.copied ?? [],
        ...(base?.user === undefined ? {} : { user: base.user }),
      });
    } else if (last) {
      const user = /^USER (\S+)/.exec(line)?.[1];
      const [, path, to] = /^COPY --from=build \/adx\/(\S+) (\S+)$/.exec(line) ?? [];
      const copied = path && to ? [...last.copied, { from: path, to }] : last.copied;
      const changed = { ...last, copied, ...(user ? { user } : {}) };
      targets.splice(-1, 1, changed);
    }
  }
  return targets;
}

/** What is wrong with the images that the files name. */
export function targetFaults(targets: readonly Target[], wanted: readonly string[]): string[] {
  return wanted.flatMap((name) => {
    const target = targets.find((one) => one.name === name);
    if (!target) return [`Dockerfile: there is no target ${name}`];
    const faults = /^[1-9]\d*(?::\d+)?$/.test(target.user ?? '')
      ? []
      : [`Dockerfile: ${name} has to end as a USER by number, not root`];
    const own = target.copied.some(({ from }) => from.endsWith(`/${name}/dist`));
    return own ? faults : [...faults, `Dockerfile: ${name} copies no ${name}/dist`];
  });
}
