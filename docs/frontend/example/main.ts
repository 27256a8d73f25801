import { parseArgs } from "node:util";
import { ClientError } from "graphql-request";
import { type Report, runExample } from "./example";
import { findOrStartSandbox } from "./sandbox";

const HELP = `npm run example [-- OPTIONS]

Runs docs/frontend/example/example.ts: reads a member's benefits, cancels a Pix authorization whose response gets lost,
waits for the outcome, and receives an event. No money moves: both providers are simulated.

Uses the sandbox of "npm start" if it is running; otherwise starts one on free ports and stops it afterwards.
PORT, AVIBRA_SANDBOX_PORT and DELBANK_SANDBOX_PORT name other ports than 4001, 4101 and 4102.

  --json   prints one JSON object for each step
  --help   prints this text

Exit codes: 0 every step succeeded, 1 a step failed, or an option is unknown
`;

const print = (text: string) => process.stdout.write(`${text}\n`);

const printJson: Report = (step, result) => print(JSON.stringify({ step, ...result }));

const printText: Report = (step, result) => {
  print(`\n${step}`);
  for (const [name, value] of Object.entries(result)) print(`  ${name.padEnd(14)}${value}`);
};

/** A failed GraphQL request by its codes: the library's message repeats the whole request. */
function describe(failure: unknown): string {
  const codes = failure instanceof ClientError && failure.response.errors?.map(({ extensions }) => extensions["code"]);
  if (codes) return `The request failed: ${[...new Set(codes)].join(", ")}.`;
  return failure instanceof Error ? failure.message : JSON.stringify(failure);
}

async function main(): Promise<void> {
  const { help, json } = parseArgs({ options: { help: { type: "boolean" }, json: { type: "boolean" } } }).values;
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const { PORT = "4001", AVIBRA_SANDBOX_PORT = "4101", DELBANK_SANDBOX_PORT = "4102" } = process.env;
  const sandbox = await findOrStartSandbox({ PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT });
  for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => void sandbox.stop().finally(() => process.exit(1)));
  const report = json ? printJson : printText;
  try {
    report("Find a sandbox", { sandbox: sandbox.isOwn ? "started for this run" : "the one that is running" });
    await runExample(sandbox, report);
  } finally {
    await sandbox.stop();
  }
}

main().then(
  () => process.exit(0),
  (failure: unknown) => {
    process.stderr.write(`${describe(failure)}\n`);
    process.exit(1);
  },
);
