// Lints texts as if they were in the given files, in a process of its own, as `npm run lint` is one.
// Reads `[{ file, text }]` on stdin, writes the rules that each breaks.
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
