import { addEntries, addItem, editYaml, removeEntry, removeItem } from '../edit/yaml-files.ts';
import type { Place } from './place.ts';

const BASE = 'k8s/base/kustomization.yaml';
const OVERLAYS = ['k8s/overlays/dev/kustomization.yaml'];
const GATEWAY = 'k8s/base/gateway/config.yaml';
const readsUrlOf = (service: string) => `ADX_READS_URL_${service.toUpperCase()}`;

/** The worker in the manifests; those of its own are in `k8s/base/<service>-worker`. */
export const manifests: Place = {
  add(tree, service) {
    const worker = `${service}-worker`;
    editYaml(tree, BASE, (document) => addItem(document, ['resources'], worker, /-worker$/));
    for (const overlay of OVERLAYS) {
      const image = `name: adx/${worker}\nnewName: adx/${worker}\nnewTag: dev\n`;
      editYaml(tree, overlay, (document) => addItem(document, ['images'], image, /-worker$/));
    }
    editYaml(tree, GATEWAY, (document) =>
      addEntries(document, ['data'], `${readsUrlOf(service)}: http://${worker}:8090`, /^ADX_READS_URL_/),
    );
  },
  remove(tree, service) {
    const worker = `${service}-worker`;
    editYaml(tree, BASE, (document) => removeItem(document, ['resources'], worker));
    for (const overlay of OVERLAYS) {
      editYaml(tree, overlay, (document) => removeItem(document, ['images'], `adx/${worker}`));
    }
    editYaml(tree, GATEWAY, (document) => removeEntry(document, ['data'], readsUrlOf(service)));
  },
};
