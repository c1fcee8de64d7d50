import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const FILES = ['contracts/kit', 'workflow-patterns', 'activity-middleware'].map((lib) => `libs/${lib}/test/types.ts`);
/** Four seconds on an idle machine, half a minute on one that runs other suites. */
const COMPILING_MS = 180_000;
const EXPECTATION = /^.*@ts-expect-error.*$/m;

/** Compiles with the root's options; `texts` replaces files in memory. */
function compile(texts: Readonly<Record<string, string>> = {}, before?: ts.Program): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: [], files: FILES }, ts.sys, ROOT);
  expect(parsed.errors).toEqual([]);
  const { incremental: _, tsBuildInfoFile: __, ...options } = parsed.options;
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const replaced = Object.entries(texts).find(([name]) => join(ROOT, name) === file);
    if (replaced) return ts.createSourceFile(file, replaced[1], languageVersion);
    return before?.getSourceFile(file) ?? fromDisk(file, languageVersion, ...rest);
  };
  return ts.createProgram(
    FILES.map((file) => join(ROOT, file)),
    options,
    host,
    before,
  );
}

const sourceOf = (program: ts.Program, file: string) => program.getSourceFile(join(ROOT, file))!;

/** What the compiler has against a file, by line. */
function complaints(program: ts.Program, file: string): string[] {
  const source = sourceOf(program, file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    ({ start = 0, messageText }) =>
      `line ${source.getLineAndCharacterOfPosition(start).line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}

describe('what must not compile', () => {
  let program: ts.Program;
  beforeAll(() => {
    program = compile();
  }, COMPILING_MS);

  test.each(FILES)('is refused, and the rest is accepted, in %s', (file) => {
    expect(complaints(program, file)).toEqual([]);
  });

  test(
    'is seen by this very check: with an expectation taken away, or one too many, it fails',
    () => {
      const texts = FILES.map((file) => sourceOf(program, file).text);
      const spoilt = texts.map(
        (text) => `${text.replace(EXPECTATION, '')}// @ts-expect-error nothing is wrong\nexport {};\n`,
      );
      const after = compile(Object.fromEntries(FILES.map((file, index) => [file, spoilt[index]!])), program);
      FILES.forEach((file, index) => {
        const text = texts[index]!;
        const taken = text.slice(0, text.search(EXPECTATION)).split('\n').length;
        const found = complaints(after, file);
        expect(found).toHaveLength(2);
        // What was expected comes to light on the next line.
        expect(found).toContainEqual(expect.stringMatching(new RegExp(`^line ${taken + 1}: `)));
        expect(found).toContainEqual(`line ${text.split('\n').length}: Unused '@ts-expect-error' directive.`);
      });
    },
    COMPILING_MS,
  );
});
