// Prints what was not run, then "N passed, N failed" from Jest's result files; fails if a test or a suite failed, or if a file has no
// test.
import { existsSync, readFileSync } from "node:fs";

let [passed, failed] = [0, 0];
let isGood = process.argv.length > 2;
for (const file of process.argv.slice(2)) {
  const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  const notRun = file.replace(/\.json$/, ".not-run.txt");
  if (existsSync(notRun)) process.stdout.write(readFileSync(notRun, "utf8"));
  if (!results) console.log(`${file} is missing: no test ran`);
  if (results?.numPendingTests) console.log(`${results.numPendingTests} tests were skipped, which counts as a failure`);
  passed += results?.numPassedTests ?? 0;
  failed += (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
  if (!results?.success || results.numPassedTests === 0 || results.numPendingTests > 0) isGood = false;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(isGood && failed === 0 ? 0 : 1);
