import type { MaintenanceStore } from '@adx/activity-middleware';
import type { Contract, Finding, MaintenanceTask } from '@adx/contract-kit';
import { getClient } from '@temporalio/activity';
import { readServiceKey } from '../service-key.ts';
import { checksOf, endedBefore } from './checks.ts';
import type { AuditCheck } from './checks.ts';
import { createFindings } from './findings.ts';
import type { MaintenanceSettings } from './settings.ts';

/** What became of one task. */
export interface MaintenanceReport {
  readonly found: number;
  /** Of these, those that were not open before. */
  readonly opened: number;
  /** Open ones that are found no more. */
  readonly repaired: number;
  /** Rows, by what they were. */
  readonly removed: Record<string, number>;
}

/** Keeps the data of one service in order, in the name of the service. Called by activities only. */
export interface Maintenance {
  run(task: MaintenanceTask): Promise<MaintenanceReport>;
  /** Undefined when there is nothing of it any more. */
  find(kind: string, subject: string): Promise<Finding | undefined>;
}

const DAY_MS = 86_400_000;

/** @throws ConfigError when the file has no private key of this very service */
export async function createMaintenance(options: {
  readonly contract: Contract;
  readonly store: MaintenanceStore;
  readonly audit: AuditCheck;
  readonly keyFile: string;
  readonly settings: MaintenanceSettings;
}): Promise<Maintenance> {
  const { contract, store, settings } = options;
  const signer = await readServiceKey(options.keyFile, contract.service);
  const checks = checksOf(options);
  return {
    run: async (task) =>
      task === 'retention'
        ? { found: 0, opened: 0, repaired: 0, removed: await retain() }
        : { ...(await reconcile(task)), removed: {} },
    async find(kind, subject) {
      const findings = await checks.find((check) => check.kind === kind)?.look(getClient(), subject);
      return findings?.find((finding) => finding.subject === subject);
    },
  };

  async function reconcile(task: MaintenanceTask): Promise<Omit<MaintenanceReport, 'removed'>> {
    const client = getClient();
    const findings = createFindings(contract, signer, client);
    const mine = checks.filter((check) => check.task === task);
    const found: Finding[] = [];
    for (const check of mine) found.push(...(await check.look(client)));
    // What somebody has decided to leave as it is does not come again.
    const skipped = await store.skipped(found.map(findings.idOf));
    const left = found.filter((finding) => !skipped.has(findings.idOf(finding)));
    let opened = 0;
    for (const finding of left) if (await findings.open(finding)) opened += 1;
    const kinds = mine.map(({ kind }) => kind);
    const repaired = await findings.closeOthers(kinds, new Set(left.map(findings.idOf)));
    return { found: left.length, opened, repaired };
  }

  async function retain(): Promise<Record<string, number>> {
    const client = getClient();
    const before = new Date(Date.now() - settings.ledgerDays * DAY_MS);
    return { ...(await store.retain(settings, (operationIds) => endedBefore(client, operationIds, before))) };
  }
}
