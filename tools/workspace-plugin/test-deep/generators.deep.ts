import { join } from 'node:path';
import { SERVICES } from '@adx/services';
import type { Tree } from '@nx/devkit';
import { FsTree } from 'nx/src/generators/tree';
import addActivity from '../src/generators/activity/activity.ts';
import generateService from '../src/generators/domain-service/domain-service.ts';
import addRead from '../src/generators/read/read.ts';
import removeService from '../src/generators/remove-service/remove-service.ts';
import addWorkflow from '../src/generators/workflow/workflow.ts';

// On this very workspace, in memory: nothing is written. That what comes out compiles, is lint-free and passes its tests
// is shown in `test-deep`, in a copy. The names are not those of the how-to: who follows it runs these tests, too.

const root = join(import.meta.dirname, '..', '..', '..');
let tree: Tree;
beforeEach(() => {
  tree = new FsTree(root, false);
});

const changed = (type: string) =>
  tree
    .listChanges()
    .filter((change) => change.type === type)
    .map(({ path }) => path)
    .sort();
const text = (file: string) => tree.read(file, 'utf8')!;

test('names a service by hand in these places and no other', async () => {
  await generateService(tree, { name: 'booking' });
  expect(changed('UPDATE')).toEqual([
    'CODEOWNERS',
    'Dockerfile',
    'apps/gateway/package.json',
    'apps/gateway/src/auth/permissions.ts',
    'apps/system-tests/package.json',
    'docker-compose.yml',
    'k8s/base/gateway/config.yaml',
    'k8s/base/kustomization.yaml',
    'k8s/overlays/dev/kustomization.yaml',
    'libs/every-contract/package.json',
    'libs/testing/package.json',
    'package-lock.json',
    'tools/dev-stack/package.json',
  ]);
  expect(changed('DELETE')).toEqual([]);
});

test('leaves no hole in a template', async () => {
  await generateService(tree, { name: 'booking' });
  for (const { path, content } of tree.listChanges()) {
    expect([path, content!.toString()]).not.toEqual([path, expect.stringMatching(/<%|__[a-z]+__/)]);
  }
});

// One that is the first everywhere, and one that is the last.
test.each(['booking', 'zoning'])('leaves nothing of %s', async (name) => {
  await generateService(tree, { name });
  await removeService(tree, { name });
  expect(tree.listChanges().map(({ path }) => path)).toEqual([]);
});

test('leaves nothing of what was added to a service', async () => {
  const service = 'orders';
  await generateService(tree, { name: service, resource: 'credit-note' });
  await addActivity(tree, { service, name: 'send-reminder' });
  await addRead(tree, { service, name: 'get-reminder' });
  await addRead(tree, { service, name: 'list-reminders' });
  await addWorkflow(tree, { service, name: 'remind-member', step: 'send-reminder' });
  const contract = text('libs/contracts/orders/src/orders.contract.ts');
  expect(contract).toMatch(/activities: \{\s+openCreditNote,\s+sendReminder,\s+removeOrdersRows: /);
  expect(contract).toContain('workflows: { registerCreditNote, remindMember, ...maintenanceWorkflows },');
  expect(contract).toMatch(/reads: \{\s+listCreditNotes,\s+getReminder,\s+listReminders,\s+exportOrdersRows: /);
  await removeService(tree, { name: service });
  expect(tree.listChanges().map(({ path }) => path)).toEqual([]);
});

test('takes away one service and leaves the other', async () => {
  await generateService(tree, { name: 'book' });
  const one = tree.listChanges().map(({ path, content }) => [path, content?.toString()]);
  await generateService(tree, { name: 'booking' });
  await removeService(tree, { name: 'booking' });
  expect(tree.listChanges().map(({ path, content }) => [path, content?.toString()])).toEqual(one);
});

describe('refuses', () => {
  test.each(['tenant', 'gateway', 'keys', 'order'])('a service called %s, and changes nothing', async (name) => {
    await expect(generateService(tree, { name })).rejects.toThrow(/choose another one/);
    expect(tree.listChanges()).toEqual([]);
  });

  test('to add to a service that is not there, and says how to make it', async () => {
    await expect(addActivity(tree, { service: 'booking', name: 'open-account' })).rejects.toThrow(
      'npm run generate -- domain-service booking',
    );
  });

  test('what would be there twice, and what stands on nothing', async () => {
    await generateService(tree, { name: 'booking' });
    const service = 'booking';
    await expect(addActivity(tree, { service, name: 'open-account' })).rejects.toThrow('is there already');
    await expect(addActivity(tree, { service, name: 'make-account' })).rejects.toThrow('has an account already');
    await expect(addRead(tree, { service, name: 'list-invoices' })).rejects.toThrow('keeps no invoices');
    await expect(addWorkflow(tree, { service, name: 'pay-invoice', step: 'open-invoice' })).rejects.toThrow(
      'has no activity "open-invoice"',
    );
  });

  test('to take away a service that others use, and names them', async () => {
    await expect(removeService(tree, { name: 'notification' })).rejects.toThrow('apps/tenant-worker');
    expect(tree.listChanges()).toEqual([]);
  });
});

test('every service has an owner', () => {
  const owners = text('CODEOWNERS').split('\n');
  for (const service of SERVICES) {
    for (const folder of [`/apps/${service}-worker/`, `/libs/contracts/${service}/`]) {
      expect(owners).toContainEqual(expect.stringMatching(new RegExp(`^${folder} @\\S+`)));
    }
  }
});
