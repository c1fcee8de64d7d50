import { readConfig } from '@adx/worker-runtime';
import { DatabasesConfig, SecretsConfig } from './config.ts';
import { makeSecrets } from './make-secrets.ts';
import { prepareDatabases } from './prepare-databases.ts';

const say = (entry: object) => process.stdout.write(`${JSON.stringify(entry)}\n`);

try {
  const [job] = process.argv.slice(2);
  if (job === 'secrets') await makeSecrets(readConfig(SecretsConfig, process.env));
  else if (job === 'databases')
    say({ msg: 'migrated', applied: await prepareDatabases(readConfig(DatabasesConfig, process.env)) });
  else throw Object.assign(new Error('say which job: secrets or databases'), { name: 'ConfigError' });
  say({ msg: 'done', job });
} catch (error) {
  const { name, message, stack } = error as Error;
  process.stderr.write(`setup: ${['ConfigError', 'MigrationError'].includes(name) ? message : stack}\n`);
  process.exitCode = 1;
}
