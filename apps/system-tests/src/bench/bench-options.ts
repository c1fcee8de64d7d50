import { parseArgs } from 'node:util';

/** The options of a bench: `--json`, `--help`, and counts with their defaults. Ends the process after `--help`. */
export function benchOptions<const Counts extends Record<string, number>>(
  command: string,
  counts: Counts,
): { readonly json: boolean; readonly counts: Record<keyof Counts, number> } {
  const names = Object.keys(counts);
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const, default: String(counts[name]) }])),
    },
  });
  const given = values as Record<string, string | boolean>;
  if (given['help']) {
    const usage = names.map((name) => ` [--${name} <${counts[name]} by default>]`).join('');
    process.stdout.write(`npm run ${command} -- [--json]${usage}\n`);
    process.exit(0);
  }
  const numbers = names.map((name) => {
    const count = Number(given[name]);
    if (Number.isInteger(count) && count > 0) return [name, count] as const;
    process.stderr.write(`--${name} is a whole number above 0, not "${String(given[name])}"\n`);
    process.exit(2);
  });
  return { json: given['json'] === true, counts: Object.fromEntries(numbers) as Record<keyof Counts, number> };
}
