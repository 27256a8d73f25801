import { avibraCredentials } from "./avibra/credentials";
import { delbankCredentials } from "./delbank/credentials";
import { type SandboxOptions, type Sandboxes, startSandboxes } from "./index";

const DEFAULT_AVIBRA_PORT = 4101;
const DEFAULT_DELBANK_PORT = 4102;

function readInteger(name: string, description: string, { max, fallback }: { max: number; fallback: number }): number {
  const text = process.env[name] ?? "";
  if (text === "") return fallback;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (value <= max) return value;
  throw new Error(`${name} must be a ${description} from 0 to ${max}`);
}

const readPort = (name: string, fallback: number) => readInteger(name, "port number", { max: 65_535, fallback });

function readOptions(): Required<SandboxOptions> {
  const { HOST: host = "", SANDBOX_STATE_FILE: stateFile = "" } = process.env;
  return {
    host: host === "" ? "127.0.0.1" : host,
    avibraPort: readPort("AVIBRA_SANDBOX_PORT", DEFAULT_AVIBRA_PORT),
    delbankPort: readPort("DELBANK_SANDBOX_PORT", DEFAULT_DELBANK_PORT),
    stateFile: stateFile === "" ? undefined : stateFile,
    onStateFailure: (message) => {
      console.error(`sandbox: ${message}`);
    },
    extraAuthorizations: readInteger("DELBANK_SANDBOX_AUTHORIZATIONS", "number", { max: 10_000, fallback: 0 }),
  };
}

function formatBanner({ avibra, delbank }: Sandboxes): string {
  const { clientId, clientSecret, scope, apiKey, linkUsername, linkPassword, partnerName } = avibraCredentials;
  return `Avibra sandbox   ${avibra.url}
  users      u-1001 offer plus, a benefit swap pending, one benefit status nobody documented
             u-1002 offer basic · u-1003 prefilled only · u-1004 offer cancelled
  offers     basic 9.90 · plus 19.90 · premium 39.90
  token      client ${clientId}, secret ${clientSecret}, scope ${scope}
  x-api-key  ${apiKey}
  link       user ${linkUsername}, password ${linkPassword}
  partner    ${partnerName}

Delbank sandbox  ${delbank.url}/baas/api/v1
  active     RR0435879820240605njua7shf40o (payer NATURAL 04623217035)
             RR3822485720260110legalpay001 (payer LEGAL 01234567000195)
  cancelled  RR3822485720260110cancelled01 (IC0435879820240605bcdb1fhn43a)
  others     RN3822485720260110pending0001 · RR3822485720260110expired0001 · RR3822485720260110rejected001
  headers    x-delbank-api-key: ${delbankCredentials.apiKey}, x-delfinance-account-id: ${delbankCredentials.accountId}

Control endpoints of both sandboxes:
  curl ${delbank.url}/__sandbox/requests
  curl ${delbank.url}/__sandbox/state
  curl -X POST ${delbank.url}/__sandbox/faults -d '{"match":{"method":"POST","path":"/automatic-pix"},"kind":"hangAfterCommit"}'
  curl -X POST ${avibra.url}/__sandbox/clock -d '{"advanceMs":3600000}'
  curl -X POST ${avibra.url}/__sandbox/reset

Delbank's reads with a replication lag of 3 s:
  curl -X POST ${delbank.url}/__sandbox/reads -d '{"lagMs":3000}'`;
}

function formatStartupError(error: unknown, options: SandboxOptions): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error) || error.code !== "EADDRINUSE") return `sandbox: ${error.message}`;
  const usedPort = "port" in error && typeof error.port === "number" ? error.port : options.avibraPort;
  return `sandbox: port ${String(usedPort)} is in use; set AVIBRA_SANDBOX_PORT or DELBANK_SANDBOX_PORT to another`;
}

/** Prints only stack frames, because Node would print the whole error, which can contain personal data. */
function exitOnCrash(error: unknown): void {
  const frames =
    error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^ {4}at .*:\d+\)?$/.test(line)) : [];
  console.error(["sandbox: crashed", ...frames].join("\n"));
  process.exit(1);
}

async function main(): Promise<void> {
  const sendToParent = process.send?.bind(process);
  let options: SandboxOptions = {};
  try {
    options = readOptions();
    const sandboxes = await startSandboxes(options);
    const stop = (): void => {
      void sandboxes.close().then(() => {
        process.exit(0);
      });
    };
    if (sendToParent === undefined) {
      for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
      console.log(formatBanner(sandboxes));
      return;
    }
    // Ctrl-C reaches the whole process group, but the parent needs this process until it exits. After a kill -9 of the parent,
    // only the closed channel ends this process.
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => undefined);
    process.on("disconnect", stop);
    if (process.connected) sendToParent({ ready: true });
    else stop(); // the parent has ended meanwhile
  } catch (error) {
    console.error(formatStartupError(error, options));
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  }
}

for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, exitOnCrash);
void main();
