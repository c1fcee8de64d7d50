import { parseArgs } from 'node:util';

/** One figure against its target. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string;
  readonly ok: boolean;
}

/** The figures of one run. */
export interface Measures {
  /** Tells a person what goes on; stdout belongs to the document. */
  readonly say: (line: string) => void;
  /** Adds a figure; one without a target is for information and always ok. */
  readonly add: (name: string, value: number, unit: string, target?: readonly ['<=' | '>=', number]) => void;
  /** Prints the document when it was asked for, and sets the exit code: 1 when a target was missed. */
  readonly finish: () => void;
}

/** @param json whether one JSON document is printed on stdout at the end */
export function createMeasures({ json }: { readonly json: boolean }): Measures {
  const measures: Measure[] = [];
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    say,
    add(name, value, unit, target) {
      const [sign, limit] = target ?? [];
      const ok = sign === undefined || (sign === '<=' ? value <= limit! : value >= limit!);
      const goal = target ? `${sign} ${limit}` : 'none';
      measures.push({ name, value: Math.round(value * 1_000) / 1_000, unit, target: goal, ok });
      say(`${target ? (ok ? 'ok    ' : 'MISSED') : '      '} ${name}: ${value.toFixed(2)} ${unit} (${goal})`);
    },
    finish() {
      const ok = measures.every((one) => one.ok);
      if (json) process.stdout.write(`${JSON.stringify({ ok, measures }, null, 2)}\n`);
      process.exitCode = ok ? 0 : 1;
    },
  };
}

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

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
