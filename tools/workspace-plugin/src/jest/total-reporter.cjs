/** Ends the output with the tests really run, on a line of their own. A suite that could not run counts as failed. */
module.exports = class TotalReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
    // After jest's own summary, which it prints when all reporters are done.
    process.on('exit', () => process.stdout.write(line));
  }
};
