import { relative } from 'node:path';
import { compareContracts } from './compare.ts';
import type { Refusal } from './compare.ts';
import { readContracts, writeReleased } from './released.ts';
import type { ContractInTree, Exception } from './released.ts';

/** What became of one contract. */
interface Verdict {
  readonly contract: ContractInTree;
  readonly refused: readonly Refusal[];
  readonly added: readonly string[];
}

/** `npm run contracts -- check`: refuses what the last release, or a process that runs, could not live with. */
export async function check(root: string, { json }: { readonly json: boolean }): Promise<number> {
  const verdicts = (await readContracts(root)).map(judge);
  const refused = verdicts.flatMap((verdict) => verdict.refused);
  const ok = refused.length === 0;
  if (json) {
    const measures = [
      { name: 'contracts compared', value: verdicts.length, unit: 'contracts', target: null, ok: true },
      { name: 'refused changes', value: refused.length, unit: 'changes', target: 0, ok },
    ];
    const added = verdicts.flatMap(({ contract, added }) =>
      added.map((entry) => `${contract.current.service}.${entry}`),
    );
    print(JSON.stringify({ ok, measures, refused, added }, null, 2));
  } else {
    verdicts.forEach((verdict) => print(summary(verdict)));
    refused.forEach((refusal) => print(`  - ${formatRefusal(refusal)}`));
  }
  return ok ? 0 : 1;
}

/** `npm run contracts -- accept`: what is in the tree becomes what the next changes are compared with. */
export async function accept(
  root: string,
  { because, only = [] }: { readonly because?: string; readonly only?: readonly string[] },
): Promise<number> {
  const all = await readContracts(root);
  const unknown = only.filter((service) => !all.some(({ current }) => current.service === service));
  if (unknown.length > 0) {
    print(`there is no contract of ${unknown.join(', ')}`);
    return 1;
  }
  const wanted = all.filter(({ current }) => only.length === 0 || only.includes(current.service));
  const verdicts = wanted.map(judge);
  const refused = verdicts.flatMap((verdict) => verdict.refused);
  if (refused.length > 0 && !because?.trim()) {
    refused.forEach((refusal) => print(`  - ${formatRefusal(refusal)}`));
    print(`nothing was written: ${refused.length} change(s) are refused.`);
    print('If nothing needs any more what was there, say how you know: accept --because "<sentence>"');
    return 1;
  }
  for (const { contract, refused: ours } of verdicts) {
    const reasons = ours.map((refusal): Exception => ({ change: nameRefusal(refusal), because: because!.trim() }));
    const exceptions = [...(contract.released?.exceptions ?? []), ...reasons];
    await writeReleased(contract.folder, { ...contract.current, exceptions });
    print(`${relative(root, contract.folder)}/released.json`);
  }
  return 0;
}

/** `tenant.activities.setPlan input.plan: <rule>; <fix>` */
export function formatRefusal(refusal: Refusal): string {
  return `${nameRefusal(refusal)}; ${refusal.fix}`;
}

function nameRefusal({ contract, entry, field, rule }: Refusal): string {
  return `${contract}.${entry}${field ? ` ${field}` : ''}: ${rule}`;
}

function judge(contract: ContractInTree): Verdict {
  const { released, current } = contract;
  return { contract, ...(released ? compareContracts(released, current) : { refused: [], added: [] }) };
}

function summary({ contract, refused, added }: Verdict): string {
  const { released, current } = contract;
  if (!released) return `${current.service.padEnd(13)} not released yet`;
  const news = added.length > 0 ? `, new: ${added.join(', ')}` : '';
  return `${current.service.padEnd(13)} ${refused.length} refused${news}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
