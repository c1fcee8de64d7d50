import { deploymentFaults } from '../src/deployment-files.ts';
import { files, inCompose, inTarget } from './broken-files.ts';
import type { Case } from './broken-files.ts';

test('the deployment files of this tree have no faults', async () => {
  expect(Object.keys(files.overlays)).toEqual(['dev']);
  expect(files.overlays['dev']!.length).toBeGreaterThan(20);
  expect(await deploymentFaults(files)).toEqual([]);
});

const COMPOSE: readonly Case[] = [
  [
    'a field that compose does not know',
    inCompose('add', 'gateway/enviroment', {}),
    'docker-compose.yml/services/gateway: must NOT have additional properties (enviroment)',
  ],
  [
    'a wrong type',
    inCompose('replace', 'gateway/ports', '8080:8080'),
    'docker-compose.yml/services/gateway/ports: must be array',
  ],
  [
    'a missing health check',
    inCompose('remove', 'user-worker/healthcheck'),
    'docker-compose.yml: user-worker: healthcheck is missing',
  ],
  [
    'a dependency that is not there',
    inCompose('add', 'gateway/depends_on/cache', { condition: 'service_healthy' }),
    'gateway: depends on cache, which is not there',
  ],
  [
    'a job that is waited for as if it stayed',
    inCompose('replace', 'user-worker/depends_on/databases/condition', 'service_healthy'),
    'user-worker: depends on databases by the wrong condition',
  ],
  [
    'a variable that the app does not know',
    inCompose('add', 'gateway/environment/ADX_PORT', '80'),
    'docker-compose.yml: gateway: ADX_PORT is no variable',
  ],
  [
    'a required variable that is missing',
    inCompose('remove', 'gateway/environment/ADX_JWT_ISSUER'),
    'docker-compose.yml: gateway: ADX_JWT_ISSUER is missing',
  ],
  [
    'passwords that are not loaded',
    inCompose('replace', 'user-worker/command', ['node', 'dist/main.js']),
    'docker-compose.yml: user-worker: DATABASE_URL is missing',
  ],
  [
    'a file that is not mounted',
    inCompose('replace', 'user-worker/environment/ADX_AUDIT_KEY_FILE', '/secrets/chain.key'),
    'user-worker: ADX_AUDIT_KEY_FILE is /secrets/chain.key, and no such file is mounted',
  ],
  [
    'an address that nobody has',
    inCompose('replace', 'gateway/environment/ADX_READS_URL_USER', 'http://users:8090'),
    'gateway: ADX_READS_URL_USER leads to users:8090',
  ],
  [
    'too short a grace period',
    inCompose('remove', 'user-worker/stop_grace_period'),
    'user-worker: stop_grace_period has to be more than 40s',
  ],
  [
    'a file system that can be written',
    inCompose('remove', 'user-worker/read_only'),
    'user-worker: read_only has to be true',
  ],
  [
    'a volume that is not there',
    inCompose('add', 'gateway/volumes/-', 'cache:/cache'),
    'gateway: mounts cache, and there is no such volume',
  ],
  [
    'an image without a tag',
    inCompose('replace', 'postgres/image', 'postgres'),
    'postgres: the image postgres has no tag',
  ],
  [
    'an app that nothing runs',
    inCompose('remove', 'notification-worker'),
    'docker-compose.yml: notification-worker: nothing runs it',
  ],
  [
    'a target that the Dockerfile has not',
    inCompose('replace', 'gateway/build/target', 'door'),
    'Dockerfile: there is no target door',
  ],
];

const DOCKERFILE: readonly Case[] = [
  [
    'a target that ends as root',
    inTarget('setup', { user: '0:0' }),
    'Dockerfile: setup has to end as a USER by number, not root',
  ],
  ['a target without its bundle', inTarget('gateway', { copied: [] }), 'Dockerfile: gateway copies no gateway/dist'],
];

describe.each([
  ['docker-compose.yml', COMPOSE],
  ['Dockerfile', DOCKERFILE],
])('%s', (_what, cases) => {
  test.each(cases)('finds %s', async (_name, broken, fault) => {
    const faults = await deploymentFaults(broken());
    expect(faults.join('\n')).toContain(fault);
  });
});
