import { spawn } from "node:child_process";
import { freePort } from "../../kit/free-port";
import { createDeveloperTokens } from "../../kit/tokens/developer-token";
import { waitFor } from "../../kit/wait-for";

// `npm run supergraph`, as its users run it.

const PORTS = ["GATEWAY_PORT", "PORT", "AVIBRA_SANDBOX_PORT", "DELBANK_SANDBOX_PORT"];

/** Commands that a test has started, each in a process group of its own. */
const groups = new Set<number>();

/** For the end of a suite: nothing that it has started stays behind. */
export function killCommands(): void {
  for (const group of groups) if (hasProcess(group)) process.kill(-group, "SIGKILL");
}

/** Whether the process group has a process. */
function hasProcess(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

/** Runs a command in a process group of its own. */
export function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid ?? NaN;
  groups.add(group);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return {
    output: () => output,
    exit: new Promise<number | null>((resolve) => child.once("close", resolve)),
    /** Sends a signal to the process that was started. */
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Sends a signal to every process, as a terminal does at Ctrl-C. */
    killGroup: (signal: NodeJS.Signals) => process.kill(-group, signal),
    isRunning: () => hasProcess(group),
    /** Resolves after the last process has ended: the simulated providers end after their parent. */
    waitUntilGone: () => waitFor(() => !hasProcess(group) || undefined),
  };
}

export async function choosePorts(): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  for (const name of PORTS) ports[name] = `${await freePort()}`;
  return ports;
}
export const runSupergraph = (environment: Readonly<Record<string, string>>) =>
  run("npm", ["run", "--silent", "supergraph"], environment);

/** `npm run supergraph`, once it has printed its banner. */
export async function startCommand(environment: Readonly<Record<string, string>> = {}) {
  const ports = await choosePorts();
  const command = runSupergraph({ ...ports, ...environment });
  const isRunning = () => (command.output().includes("Ctrl-C") || !command.isRunning() ? true : undefined);
  await waitFor(isRunning, 180_000);
  if (!command.isRunning()) throw new Error(command.output());
  const origin = `http://127.0.0.1:${ports["GATEWAY_PORT"] ?? ""}`;
  const banner = command.output();
  /** The lines of the banner below this heading, as printed. */
  const commandOf = (heading: string) =>
    banner
      .split("\n\n")
      .find((block) => block.startsWith(heading))
      ?.replace(/^.*\n/, "") ?? "";
  return { ...command, origin, ports, banner, commandOf, token: createDeveloperTokens(origin) };
}
export type Command = Awaited<ReturnType<typeof startCommand>>;

export async function expectBannersQueryToSucceed({ commandOf }: Command): Promise<void> {
  const shell = run("sh", ["-c", `${commandOf("A token")}\n${commandOf("Query")}`]);
  expect(await shell.exit).toBe(0);
  expect(JSON.parse(shell.output())).toEqual({
    data: {
      me: { displayName: "Ana", currentOffer: { status: "ACTIVE" } },
      invoices: [
        { id: "inv-1", authorization: { yearlyAmount: { amount: "238.80", currency: "BRL" } } },
        { id: "inv-2", authorization: { yearlyAmount: null } },
      ],
    },
  });
}
