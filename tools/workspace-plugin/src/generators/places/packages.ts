import { addDependency, lockPackage, removeDependency, unlockPackage } from '../edit/json-files.ts';
import type { Place } from './place.ts';

/** Who knows a service by its contract: its door, its tests, the list of all, and its recorded processes. */
const BY_CONTRACT = ['apps/gateway', 'apps/system-tests', 'libs/every-contract', 'tools/dev-stack'];
/** And by its worker: the tests run all of them. */
const BY_WORKER = ['libs/testing'];
export const DEPENDANTS = [...BY_CONTRACT, ...BY_WORKER];

const foldersOf = (service: string) => ({
  contract: `libs/contracts/${service}`,
  worker: `apps/${service}-worker`,
});

/** The packages of a service in the lockfile, and who depends on them. */
export const packages: Place = {
  add(tree, service) {
    const { contract, worker } = foldersOf(service);
    lockPackage(tree, contract);
    lockPackage(tree, worker);
    addDependency(tree, worker, `@adx/${service}-contract`);
    for (const folder of BY_CONTRACT) addDependency(tree, folder, `@adx/${service}-contract`);
    for (const folder of BY_WORKER) addDependency(tree, folder, `@adx/${service}-worker`);
  },
  remove(tree, service) {
    const { contract, worker } = foldersOf(service);
    for (const folder of BY_CONTRACT) removeDependency(tree, folder, `@adx/${service}-contract`);
    for (const folder of BY_WORKER) removeDependency(tree, folder, `@adx/${service}-worker`);
    unlockPackage(tree, contract, `@adx/${service}-contract`);
    unlockPackage(tree, worker, `@adx/${service}-worker`);
  },
};
