/** One number against its target. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string;
  readonly ok: boolean;
}

/** Says a number to people at once, and keeps it for programs. */
export interface Report {
  readonly say: (line: string) => void;
  /** One without a target is for information, and always ok. */
  readonly measure: (name: string, value: number, unit: string, target?: readonly ['<=' | '>=', number]) => void;
  /** Prints what was measured as JSON when asked to. @returns the exit code */
  end(json: boolean): 0 | 1;
}

export function createReport(): Report {
  const measures: Measure[] = [];
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    say,
    measure(name, value, unit, target) {
      const [sign, limit] = target ?? [];
      const ok = limit === undefined || (sign === '<=' ? value <= limit : value >= limit);
      const goal = target ? `${sign} ${limit}` : 'none';
      measures.push({ name, value: Math.round(value * 1_000) / 1_000, unit, target: goal, ok });
      say(`${!target ? '      ' : ok ? 'ok    ' : 'MISSED'} ${name}: ${value.toFixed(2)} ${unit} (${goal})`);
    },
    end(json) {
      const ok = measures.every((one) => one.ok);
      if (json) process.stdout.write(`${JSON.stringify({ ok, measures }, null, 2)}\n`);
      return ok ? 0 : 1;
    },
  };
}

/** The one in the middle. */
export function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
}
