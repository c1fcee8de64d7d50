// Lints texts as if they were in the given files. A process of its own: the TypeScript of the typed rules does not load
// in a test's module realm. Reads `[{ file, text }]` on stdin, writes the rule ids found in each.
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const eslint = new ESLint();
const found = [];
for (const { file, text: sample } of JSON.parse(await text(process.stdin))) {
  const [{ messages }] = await eslint.lintText(sample, { filePath: file });
  found.push(
    messages.map(({ ruleId, message }) => ruleId ?? (message.startsWith('Unused') ? 'unused suppression' : message)),
  );
}
process.stdout.write(JSON.stringify(found));
