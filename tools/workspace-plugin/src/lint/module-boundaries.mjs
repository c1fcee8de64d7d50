import { join } from 'node:path';
import { servicesIn } from '../service-lists.mjs';

/** The services, and what belongs to none of them. */
const SCOPES = [...servicesIn(join(import.meta.dirname, '..', '..', '..', '..')), 'gateway', 'shared'];

/** What a project of each type may depend on. Tests and tools reach everything; nothing imports a tool. */
const TYPES = {
  contract: ['contract'],
  kit: ['contract', 'kit'],
  data: ['contract', 'kit'],
  app: ['contract', 'kit', 'data'],
  testing: ['contract', 'kit', 'data', 'app', 'testing'],
  tool: ['contract', 'kit', 'data', 'app', 'testing'],
};

const RUNTIMES = {
  any: ['any'],
  workflow: ['any', 'workflow'],
  node: ['any', 'workflow', 'node'],
};

const tagged = (axis, values) => values.map((value) => `${axis}:${value}`);

function constraintsOf(axis, table) {
  return Object.entries(table).map(([value, allowed]) => ({
    sourceTag: `${axis}:${value}`,
    onlyDependOnLibsWithTags: tagged(axis, allowed),
  }));
}

/** Services meet in contracts only: own scope, `shared`, and any contract. Not for tests and tools, which see all. */
const scopeConstraints = SCOPES.flatMap((scope) =>
  ['contract', 'kit', 'data', 'app'].map((type) => ({
    allSourceTags: [`scope:${scope}`, `type:${type}`],
    onlyDependOnLibsWithTags: [...new Set([`scope:${scope}`, 'scope:shared', 'type:contract'])],
  })),
);

const typeConstraints = constraintsOf('type', TYPES);
const runtimeConstraints = constraintsOf('runtime', RUNTIMES);

/** A project's tests may use the testing libraries, and run under Node whatever their project runs under. */
const testTypeConstraints = constraintsOf(
  'type',
  Object.fromEntries(
    Object.entries(TYPES).map(([type, allowed]) => [type, [...new Set([...allowed, 'kit', 'testing'])]]),
  ),
);

const rule = (depConstraints, options) => [
  'error',
  { enforceBuildableLibDependency: false, allow: [], depConstraints, ...options },
];

/** The rule for sources, and the one for their tests. */
export const moduleBoundaries = rule([...scopeConstraints, ...typeConstraints, ...runtimeConstraints]);
export const testModuleBoundaries = rule([...scopeConstraints, ...testTypeConstraints], {
  // A test may come in through its project's front door, as everybody else does.
  allowCircularSelfDependency: true,
});
