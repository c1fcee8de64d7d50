import { spawnSync } from 'node:child_process';

/** The user that Postgres runs as. `undefined`: as ourselves. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root. So root starts it as `postgres`, which is made if the system can make users, else as
 * `nobody`. Anybody else starts it as himself.
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = accountOf('postgres');
  if (existing) return existing;
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres']);
  return accountOf('postgres') ?? accountOf('nobody') ?? { uid: 65_534, gid: 65_534 };
}

/** Whether that user can enter the folder. Asked of the system, not computed from modes: there may be ACLs. */
export function canEnter(folder: string, account: Account | undefined): boolean {
  if (!account) return true;
  const tried = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { cwd: '/', ...account });
  return tried.status === 0;
}

function accountOf(name: string): Account | undefined {
  const ask = (flag: string) => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout ?? '', 10);
  const [uid, gid] = [ask('-u'), ask('-g')];
  return Number.isNaN(uid) || Number.isNaN(gid) || uid === 0 ? undefined : { uid, gid };
}
