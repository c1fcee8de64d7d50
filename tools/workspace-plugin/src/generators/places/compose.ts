import { addEntries, addItem, editYaml, removeEntry, removeItem } from '../edit/yaml-files.ts';
import type { Place } from './place.ts';

const FILE = 'docker-compose.yml';

const workerOf = (service: string) => `
${service}-worker:
  <<: *app
  build: { context: ., target: ${service}-worker }
  command: *run
  depends_on: *worker-needs
  environment: *worker
  volumes:
    - ${service}-secrets:/secrets:ro
  healthcheck: *worker-health
`;

/** The worker in the compose file: it, its secrets, and what the gateway knows of it. */
export const compose: Place = {
  add(tree, service) {
    editYaml(tree, FILE, (document) => {
      const worker = `${service}-worker`;
      addEntries(document, ['services'], workerOf(service), /-worker$/);
      addItem(document, ['services', 'secrets', 'volumes'], `${service}-secrets:/secrets/${worker}`, /-worker$/);
      addEntries(
        document,
        ['services', 'gateway', 'depends_on'],
        `${worker}: { condition: service_healthy }`,
        /-worker$/,
      );
      addEntries(
        document,
        ['services', 'gateway', 'environment'],
        `ADX_READS_URL_${service.toUpperCase()}: http://${worker}:8090`,
        /^ADX_READS_URL_/,
      );
      addEntries(document, ['volumes'], `${service}-secrets:`, /^(?!databases-|gateway-).*-secrets$/);
    });
  },
  remove(tree, service) {
    editYaml(tree, FILE, (document) => {
      const worker = `${service}-worker`;
      removeEntry(document, ['services'], worker);
      removeItem(document, ['services', 'secrets', 'volumes'], `${service}-secrets:/secrets/${worker}`);
      removeEntry(document, ['services', 'gateway', 'depends_on'], worker);
      removeEntry(document, ['services', 'gateway', 'environment'], `ADX_READS_URL_${service.toUpperCase()}`);
      removeEntry(document, ['volumes'], `${service}-secrets`);
    });
  },
};
