// Prints "N passed, N failed" from Jest's result file; fails if a test or a suite failed, or if none ran.
import { existsSync, readFileSync } from "node:fs";

const file = process.argv[2];
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
const passed = results?.numPassedTests ?? 0;
const failed = (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0);
if (!results) console.log("Jest left no result file: no test ran");
if (results?.numPendingTests) console.log(`${results.numPendingTests} tests were skipped, which counts as a failure`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed > 0 && failed === 0 && !results.numPendingTests && results.success ? 0 : 1);
