import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { BundleOptions } from '@temporalio/worker';
import { sharedModules } from './shared-modules.ts';

/** Workflow code as the sandbox loads it, and what went into it. */
export interface WorkflowBundle {
  readonly code: string;
  /** Absolute paths of all modules, sorted: what a test checks against its allow list. */
  readonly modules: readonly string[];
}

type WebpackHook = NonNullable<BundleOptions['webpackConfigHook']>;
type WebpackConfig = Parameters<WebpackHook>[0];

/** By its name, which webpack resolves: the library's front door is no code for the sandbox. */
const FAILURE_CONVERTER = '@adx/payload-codec/failure-converter';
const SCHEMA_STUB = fileURLToPath(new URL('./schema-stub.cjs', import.meta.url));
/** Its entry points. One that is missing here fails the build, as it would be looked for below the stub. */
const SCHEMA_MODULES = ['zod/v4/core', 'zod/v4-mini', 'zod/v4', 'zod/v3', 'zod/mini', 'zod'];
/** What webpack looks for when nothing is said. */
const USUAL_CONDITIONS = ['import', 'module', 'require', 'webpack', 'default'];

/**
 * Bundles workflow code. The one way to do it: what is tested and replayed is what runs. Workspace packages come from
 * their sources; the schema library is replaced by an inert stub (0.57 MB and 3.8 ms per cached workflow less).
 *
 * @param options.workflowsPath the file whose exports are the workflow types
 * @throws Error with everything that webpack found wrong, or with the modules that Temporal does not let in
 */
export async function bundleWorkflows(options: { readonly workflowsPath: string }): Promise<WorkflowBundle> {
  const { workflowsPath } = options;
  const modules = new Set<string>();
  const faults = new Set<string>();
  const bundling = bundleWorkflowCode({
    workflowsPath,
    // Without a codec it changes nothing that anybody reads: every converter reads what this one writes.
    failureConverterPath: FAILURE_CONVERTER,
    preloadModules: [...(await sharedModules(workflowsPath))],
    logger: SILENT,
    webpackConfigHook: (config) => withReport(withErasedSchemas(config), modules, faults),
  });
  const { code } = await bundling.catch((cause: unknown) => {
    // Without them the error says no more than that there are some.
    if (faults.size === 0) throw cause;
    throw new Error(`the workflows of ${workflowsPath} cannot be bundled:\n${[...faults].join('\n')}`, { cause });
  });
  return { code, modules: [...modules].sort() };
}

function withErasedSchemas(config: WebpackConfig): WebpackConfig {
  const { resolve = {} } = config;
  return {
    ...config,
    resolve: {
      ...resolve,
      conditionNames: ['@adx/source', ...(resolve.conditionNames ?? USUAL_CONDITIONS)],
      alias: { ...resolve.alias, ...Object.fromEntries(SCHEMA_MODULES.map((name) => [name, SCHEMA_STUB])) },
    },
  };
}

function withReport(config: WebpackConfig, modules: Set<string>, faults: Set<string>): WebpackConfig {
  const report: NonNullable<WebpackConfig['plugins']>[number] = {
    apply: (compiler) =>
      compiler.hooks.done.tap('report', ({ compilation }) => {
        for (const module of compilation.modules) if ('resource' in module) modules.add(String(module.resource));
        for (const { message } of compilation.errors) faults.add(message);
      }),
  };
  return { ...config, plugins: [...(config.plugins ?? []), report] };
}

const silent = () => undefined;
/** What webpack finds wrong is thrown; its report of every module is nobody's news. */
const SILENT = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
