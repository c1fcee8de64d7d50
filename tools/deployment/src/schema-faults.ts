import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { nameOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const SCHEMAS = join(import.meta.dirname, '..', 'schemas');
const KUBERNETES = 'kubernetes-v1.34.json';

/** The kinds that are checked; another one has to be added here, and to the schemas. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  'apps/v1 Deployment': 'io.k8s.api.apps.v1.Deployment',
  'batch/v1 Job': 'io.k8s.api.batch.v1.Job',
  'v1 Service': 'io.k8s.api.core.v1.Service',
  'v1 ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'policy/v1 PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networking.k8s.io/v1 NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
};

// Not strict: both use keywords and formats of their own (`int32`, `deprecated`).
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

/** What is wrong with a manifest by the API of Kubernetes: types, unknown and missing fields. */
export function manifestFaults(manifest: Manifest): string[] {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  const definition = DEFINITIONS[kind];
  if (!definition) return [`${nameOf(manifest)}: there is no schema for ${kind} here`];
  return faults(nameOf(manifest), validatorOf(KUBERNETES, `#/$defs/${definition}`), manifest);
}

/** What is wrong with a compose file by the Compose Specification. */
export function composeSchemaFaults(file: unknown): string[] {
  return faults('docker-compose.yml', validatorOf('compose-spec.json', '#'), file);
}

function validatorOf(file: string, pointer: string): ValidateFunction {
  const key = `${file}${pointer}`;
  if (ajv.getSchema(file) === undefined) {
    const {
      $schema: _draft,
      $id: _id,
      ...schema
    } = JSON.parse(readFileSync(join(SCHEMAS, file), 'utf8')) as object & {
      $schema?: string;
      $id?: string;
    };
    ajv.addSchema(schema, file);
  }
  const known = validators.get(key) ?? ajv.compile({ $ref: key });
  validators.set(key, known);
  return known;
}

function faults(what: string, validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  // A union says for each of its alternatives why it is none: the deepest place is the one that is meant.
  return [
    ...new Set(
      (validate.errors ?? []).map(({ instancePath, message, params }) => {
        const extra = (params as { additionalProperty?: string }).additionalProperty;
        return `${what}${instancePath}: ${message}${extra === undefined ? '' : ` (${extra})`}`;
      }),
    ),
  ];
}
