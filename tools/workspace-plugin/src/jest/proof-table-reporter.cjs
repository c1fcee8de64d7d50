const MATRIX = /[-/]matrix\.(test|deep)\.ts$/;
const REPLAY = /\/replay\.test\.ts$/;

/** Before the total: what the failure matrices and the replay of recorded histories have shown, a line for each kind. */
module.exports = class ProofTableReporter {
  onRunComplete(_contexts, { testResults }) {
    const rows = new Map();
    const count = (kind, of, what, status) => {
      const key = [kind, of, what].join('\0');
      const row = rows.get(key) ?? { kind, of, what, passed: 0, all: 0 };
      rows.set(key, { ...row, all: row.all + 1, passed: row.passed + (status === 'passed' ? 1 : 0) });
    };
    for (const { testFilePath, testResults: tests } of testResults) {
      for (const { ancestorTitles, title, status } of tests) {
        if (status === 'pending' || status === 'todo') continue;
        if (MATRIX.test(testFilePath) && ancestorTitles.length === 2) count('matrix', ...ancestorTitles, status);
        const [, name, version] = /^replays ([a-z-]+)\..*\.(v\d+)\.json$/.exec(title) ?? [];
        if (REPLAY.test(testFilePath) && name) count('replay', name, `histories ${version}`, status);
      }
    }
    if (rows.size === 0) return;
    const lines = [...rows.values()].map(({ kind, of, what, passed, all }) => [kind, of, what, `${passed} of ${all}`]);
    const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column].length)));
    const text = lines
      .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
      .join('\n');
    process.on('exit', () => process.stdout.write(`\n${text}\n`));
  }
};
