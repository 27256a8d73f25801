import { spawn } from "node:child_process";
import { once } from "node:events";
import { MEMBER_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";
import { createTempDirectory } from "../kit/temp";

/** What no file of the process may exceed, as `ulimit -f` counts: 1 or 2 MiB, by the shell. Needs no rights and no mount. */
const FILE_BLOCKS = 2048;
const EVENT_BYTES = 60_000;
const MAX_EVENTS = 500;

test("if SQLite's disk is full, events are not acknowledged, readiness fails and liveness stays 200", async () => {
  const { path: folder, remove: removeFolder } = createTempDirectory("disk-full");
  const [port, provider] = [await freePort(), await freePort()];
  const child = spawn("sh", ["-c", `ulimit -f ${FILE_BLOCKS}; exec "$0" dist/main.js`, process.execPath], {
    env: {
      PATH: process.env["PATH"],
      PORT: `${port}`,
      DATA_DIRECTORY: folder,
      AVIBRA_BASE_URL: `http://127.0.0.1:${provider}`,
      DELBANK_BASE_URL: `http://127.0.0.1:${provider}`,
      LOG_LEVEL: "fatal",
    },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
  const authorization = `Basic ${Buffer.from("sandbox-webhook:sandbox-webhook-password").toString("base64")}`;
  const send = async (index: number) => {
    const event = { userId: MEMBER_ID, eventName: "USER_ENROLLED", index, filler: "x".repeat(EVENT_BYTES) };
    const headers = { "content-type": "application/json", authorization };
    const response = await fetch(`${url}/webhooks/avibra`, { method: "POST", headers, body: JSON.stringify(event) });
    return response.status;
  };
  try {
    await waitFor(async () => ((await statusOf("/health/ready")) === 200 ? true : undefined));
    const statuses: number[] = [];
    while (statuses.length < MAX_EVENTS && !statuses.includes(503)) statuses.push(await send(statuses.length));
    expect(statuses.slice(0, -1).every((status) => status >= 200 && status < 300)).toBe(true);
    expect(statuses.length).toBeGreaterThan(1); // it could write before
    expect(statuses.at(-1)).toBe(503);
    await waitFor(async () => ((await statusOf("/health/ready")) === 503 ? true : undefined));
    expect(await statusOf("/health/live")).toBe(200);
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    removeFolder();
  }
}, 300_000);
