import { deploymentFaults } from '../src/deployment-files.ts';
import { CONTAINER, POD, USER, inManifest, without } from './broken-files.ts';
import type { Case } from './broken-files.ts';

const MANIFESTS: readonly Case[] = [
  [
    'a field that Kubernetes does not know',
    inManifest(USER, 'add', `${POD}/restartpolicy`, 'Always'),
    'Deployment/user-worker/spec/template/spec: must NOT have additional properties (restartpolicy)',
  ],
  [
    'a wrong type',
    inManifest(USER, 'replace', '/spec/replicas', 'two'),
    'Deployment/user-worker/spec/replicas: must be integer',
  ],
  [
    'a missing field that Kubernetes requires',
    inManifest('Service/gateway', 'remove', '/spec/ports/0/port'),
    'Service/gateway/spec/ports/0: must have required property',
  ],
  [
    'a kind without a schema',
    inManifest('Service/gateway', 'replace', '/kind', 'Servise'),
    'there is no schema for v1 Servise here',
  ],
  [
    'a missing readiness probe',
    inManifest(USER, 'remove', `${CONTAINER}/readinessProbe`),
    'Deployment/user-worker: readinessProbe is missing',
  ],
  [
    'a missing liveness probe',
    inManifest(USER, 'remove', `${CONTAINER}/livenessProbe`),
    'Deployment/user-worker: livenessProbe is missing',
  ],
  [
    'a missing startup probe',
    inManifest(USER, 'remove', `${CONTAINER}/startupProbe`),
    'Deployment/user-worker: startupProbe is missing',
  ],
  [
    'a probe of a port that is not there',
    inManifest(USER, 'replace', `${CONTAINER}/livenessProbe/httpGet/port`, 'http'),
    'livenessProbe asks port http, which the container has not',
  ],
  [
    'a liveness probe that asks other parts',
    inManifest(USER, 'replace', `${CONTAINER}/livenessProbe/httpGet/path`, '/readyz'),
    'livenessProbe has to ask /livez',
  ],
  [
    'too short a grace period',
    inManifest(USER, 'replace', `${POD}/terminationGracePeriodSeconds`, 40),
    'terminationGracePeriodSeconds has to be more than 40s',
  ],
  [
    'no grace period, which is 30 s',
    inManifest(USER, 'remove', `${POD}/terminationGracePeriodSeconds`),
    'terminationGracePeriodSeconds has to be more than 40s',
  ],
  [
    'a process that may be root',
    inManifest(USER, 'remove', `${POD}/securityContext/runAsNonRoot`),
    'Deployment/user-worker: runAsNonRoot has to be true',
  ],
  [
    'a file system that can be written',
    inManifest('Job/databases', 'replace', `${CONTAINER}/securityContext/readOnlyRootFilesystem`, false),
    'Job/databases: readOnlyRootFilesystem has to be true',
  ],
  ['missing resources', inManifest(USER, 'remove', `${CONTAINER}/resources`), 'resources.requests.memory is missing'],
  [
    'an image without a tag',
    inManifest(USER, 'replace', `${CONTAINER}/image`, 'adx/user-worker'),
    'the image adx/user-worker has no tag',
  ],
  [
    'an image that nothing builds',
    inManifest(USER, 'replace', `${CONTAINER}/image`, 'adx/users:dev'),
    'Dockerfile: there is no target users',
  ],
  [
    'a missing disruption budget',
    without('PodDisruptionBudget/user-worker'),
    'Deployment/user-worker: no PodDisruptionBudget is for its pods',
  ],
  [
    'a missing network policy',
    without('NetworkPolicy/user-worker'),
    'Deployment/user-worker: no NetworkPolicy is for its pods',
  ],
  [
    'a service without pods',
    inManifest('Service/gateway', 'replace', '/spec/selector', { app: 'gateway' }),
    'Service/gateway: no Deployment has its pods',
  ],
  [
    'a URL with a password',
    inManifest('ConfigMap/user-worker', 'add', '/data/DATABASE_URL', 'postgres://u:p@db.example/adx'),
    'ConfigMap/user-worker: has a URL with a password',
  ],
  [
    'a secret that is written down',
    inManifest('ConfigMap/user-worker', 'replace', '/kind', 'Secret'),
    'Secret/user-worker: secrets are made in the cluster',
  ],
];

const ENVIRONMENT: readonly Case[] = [
  [
    'a variable that the app does not know',
    inManifest('ConfigMap/user-worker', 'add', '/data/ADX_LOGLEVEL', 'info'),
    'Deployment/user-worker: ADX_LOGLEVEL is no variable of its configuration; it knows',
  ],
  [
    'a variable of another app',
    inManifest('ConfigMap/tenant-worker', 'add', '/data/ADX_INVITATION_KEY', 'file:/secrets/audit.key'),
    'Deployment/tenant-worker: ADX_INVITATION_KEY is no variable',
  ],
  [
    'a required variable that is missing',
    inManifest('ConfigMap/gateway', 'remove', '/data/ADX_READS_URL_USER'),
    'Deployment/gateway: ADX_READS_URL_USER is missing',
  ],
  [
    'a required secret that is missing',
    inManifest(USER, 'remove', `${CONTAINER}/env/0`),
    'Deployment/user-worker: DATABASE_URL is missing',
  ],
  [
    'a value that the app refuses',
    inManifest('ConfigMap/user-worker', 'replace', '/data/ADX_LOG_LEVEL', 'loud'),
    'Deployment/user-worker: ADX_LOG_LEVEL is wrong',
  ],
  [
    'a key of a secret that nobody makes',
    inManifest(USER, 'replace', `${CONTAINER}/env/0/valueFrom/secretKeyRef/key`, 'DB_URL'),
    'DATABASE_URL is DB_URL of the secret user-worker-urls, which has no such key',
  ],
  [
    'a secret of another app',
    inManifest(USER, 'replace', `${CONTAINER}/env/0/valueFrom/secretKeyRef/name`, 'tenant-worker-urls'),
    'Deployment/user-worker: DATABASE_URL is a secret of tenant-worker',
  ],
  [
    'a file that is not mounted',
    inManifest(USER, 'remove', `${POD}/volumes/0/secret/items/0`),
    'ADX_PRINCIPAL_JWKS_FILE is /secrets/principal.jwks.json, and no such file is mounted',
  ],
  [
    'a file that nobody makes',
    inManifest(USER, 'add', `${POD}/volumes/0/secret/items/-`, { key: 'a.key', path: 'a.key' }),
    'the secret user-worker-keys has no a.key',
  ],
  [
    'a port that the app does not listen on',
    inManifest('ConfigMap/user-worker', 'replace', '/data/ADX_ADMIN_PORT', '8091'),
    'ADX_ADMIN_PORT is 8091, and its ports are 8090',
  ],
  [
    'an app that listens to itself only',
    inManifest('ConfigMap/user-worker', 'remove', '/data/ADX_ADMIN_HOST'),
    'ADX_ADMIN_HOST has to be 0.0.0.0',
  ],
  [
    'no Temporal',
    inManifest('ConfigMap/user-worker', 'remove', '/data/TEMPORAL_ADDRESS'),
    'Deployment/user-worker: TEMPORAL_ADDRESS is missing',
  ],
  [
    'an address that nobody has',
    inManifest('Service/user-worker', 'replace', '/spec/ports/0/port', 80),
    'ADX_READS_URL_USER leads to user-worker:8090, which nothing here has',
  ],
  ['a missing ConfigMap', without('ConfigMap/user-worker'), 'there is no ConfigMap user-worker'],
  ['an app that nothing runs', without('Deployment/notification-worker'), 'notification-worker: nothing runs it'],
];

describe.each([
  ['manifests', MANIFESTS],
  ['environment of the manifests', ENVIRONMENT],
])('%s', (_what, cases) => {
  test.each(cases)('finds %s', async (_name, broken, fault) => {
    const faults = await deploymentFaults(broken());
    expect(faults.join('\n')).toContain(fault);
  });
});
