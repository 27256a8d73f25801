import { spawn } from "node:child_process";
import { EXAMPLES, expectDone } from "./gateways/examples";
import { readText } from "../kit/pages";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";

const TOKEN_PATH = /'http:\/\/127\.0\.0\.1:4000(\/dev\/token\S+)'/.exec(readText("docs/platform/router.md"))?.[1] ?? "";
const VARIABLES = ["GATEWAY_PORT", "PORT", "AVIBRA_SANDBOX_PORT", "DELBANK_SANDBOX_PORT"];

/** Whether the process group has a process. */
function hasProcess(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

test("npm run supergraph responds to the documented commands at the gateway's URL, and ends all its processes on SIGTERM", async () => {
  const ports: Record<string, string> = {};
  for (const name of VARIABLES) ports[name] = `${await freePort()}`;
  const origin = `http://127.0.0.1:${ports["GATEWAY_PORT"] ?? ""}`;
  const program = spawn("npm", ["run", "--silent", "supergraph"], {
    env: { ...process.env, ...ports },
    detached: true, // a group of its own
    stdio: ["ignore", "pipe", "inherit"],
  });
  const group = program.pid ?? NaN;
  const exit = new Promise((resolve) => program.once("close", resolve));
  try {
    let output = "";
    program.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await waitFor(() => output.includes(`Supergraph  ${origin}/graphql`) || undefined);
    expect(output).toContain(`${origin}${TOKEN_PATH}`);
    const { token } = (await (await fetch(`${origin}${TOKEN_PATH}`)).json()) as { token: string };
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    for (const { query, variables } of EXAMPLES) {
      const body = JSON.stringify({ query, variables });
      const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body });
      expectDone(query, (await response.json()) as object);
    }
    expect(hasProcess(group)).toBe(true);
    program.kill("SIGTERM");
    expect(await exit).toBe(0);
    await waitFor(() => !hasProcess(group) || undefined); // the simulated providers end after their parent
  } finally {
    if (hasProcess(group)) process.kill(-group, "SIGKILL");
  }
});
