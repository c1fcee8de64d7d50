import { dirname, join, relative, sep } from 'node:path';

const PACKAGES = [
  /^@temporalio\/(workflow|common)$/,
  /^@adx\/[a-z-]+-contract$/,
  /^@adx\/(contract-kit|workflow-patterns)$/,
];
/** Where types may come from besides: nothing is left of them in the bundle. */
const TYPE_PACKAGES = [/^zod$/];

/**
 * Workflow code is bundled into Temporal's sandbox: what it imports is in every bundle, and decides what a replay does.
 * A relative path must stay in the folder, or an activity comes in through the back door.
 */
export const sandboxImports = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object', properties: { folder: { type: 'string' } }, required: ['folder'] }],
    messages: {
      package:
        '"{{source}}" is imported by workflow code, which may use @temporalio/workflow, @temporalio/common, contracts and @adx/workflow-patterns only; do this in an activity',
      outside:
        '"{{source}}" leaves {{folder}}, which is all that the sandbox may hold; call it as an activity, by contract',
      computed: 'the sandbox needs to know its modules when it is bundled; import a fixed name',
    },
  },
  create(context) {
    const [{ folder }] = context.options;
    const marker = `${sep}${folder.replaceAll('/', sep)}${sep}`;
    const end = context.filename.lastIndexOf(marker);
    const root = context.filename.slice(0, end + marker.length - 1);

    function check(node, source, typesOnly = false) {
      if (typeof source !== 'string') return context.report({ node, messageId: 'computed' });
      if (!source.startsWith('.')) {
        if ([...PACKAGES, ...(typesOnly ? TYPE_PACKAGES : [])].some((name) => name.test(source))) return;
        return context.report({ node, messageId: 'package', data: { source } });
      }
      const target = relative(root, join(dirname(context.filename), source));
      if (target.startsWith('..')) context.report({ node, messageId: 'outside', data: { source, folder } });
    }
    const visit = (node) =>
      node.source && check(node.source, node.source.value, (node.importKind ?? node.exportKind) === 'type');
    return {
      ImportDeclaration: visit,
      ImportExpression: visit,
      ExportAllDeclaration: visit,
      ExportNamedDeclaration: visit,
      "CallExpression[callee.name='require']": (node) => check(node, node.arguments[0]?.value),
    };
  },
};
