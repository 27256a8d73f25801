// The responses of the example operations, for the page at `/docs`: recorded from the program, never written by hand.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { readExamples } from "../src/playground/examples";
import { freePort } from "../test/kit/free-port";
import { createGraphqlClient } from "../test/kit/http/graphql-client";
import { createSandboxControl } from "../test/kit/sandbox-control";
import { MEMBER_ID } from "../test/kit/seeds/ids";
import { createTempDirectory } from "../test/kit/temp";
import { createDeveloperTokens } from "../test/kit/tokens/developer-token";
import { waitFor } from "../test/kit/wait-for";

const OPERATIONS = "schema/operations";
const FILE = `${OPERATIONS}/responses.json`;

const GENERATED_KEYS = new Set(["cursor", "startCursor", "endCursor"]);
/** A UUID, a moment, and the ID of a cancellation. */
const GENERATED_VALUE = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|IC\w{27})$/;

/** The responses without what differs with each run. */
const maskGenerated = (responses: unknown): string =>
  JSON.stringify(responses, (key, value: unknown) => {
    if (typeof value !== "string") return value;
    return GENERATED_KEYS.has(key) || GENERATED_VALUE.test(value) ? "generated" : value;
  });

/** Runs the program as `npm start` does, on ports and data of its own, and sends it the examples in their order. */
async function recordResponses(): Promise<Record<string, unknown>> {
  const directory = createTempDirectory("responses");
  const [port, avibraPort, delbankPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const program = spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
    env: {
      DATA_DIRECTORY: directory.path,
      LOG_LEVEL: "error",
      EXPOSE_UPSTREAM_COST: "false",
      SHUTDOWN_DELAY_MS: "0",
      PORT: `${port}`,
      AVIBRA_SANDBOX_PORT: `${avibraPort}`,
      DELBANK_SANDBOX_PORT: `${delbankPort}`,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(program, "exit");
  try {
    const url = `http://127.0.0.1:${port}`;
    const isReady = async () => ((await fetch(`${url}/health/ready`)).ok ? "ready" : undefined);
    const state = await waitFor(() => (program.exitCode === null ? isReady() : "ended"));
    if (state === "ended") throw new Error("the program ended before it was ready");
    const client = createGraphqlClient(`${url}/graphql`, { getToken: createDeveloperTokens(url) });
    // The seeds may have sent events, on which the responses depend.
    const sent = await createSandboxControl(`http://127.0.0.1:${avibraPort}`).sentEvents();
    const ofMember = sent.filter(({ userid }) => userid === MEMBER_ID);
    await waitFor(async () => {
      const response = await client.graphql("{ me { events { edges { cursor } } } }", { claims: { sub: MEMBER_ID } });
      const { me } = response.data as { me: { events: { edges: readonly unknown[] } } };
      return me.events.edges.length >= ofMember.length || undefined;
    });
    const responses: Record<string, unknown> = {};
    for (const { name, query, variables, caller } of readExamples(OPERATIONS)) {
      responses[name] = await client.graphql(query, { variables, claims: { sub: "", ...caller } });
    }
    return responses;
  } finally {
    program.kill();
    await ended;
    directory.remove();
  }
}

/**
 * Records the responses, and writes them to the file unless they differ from its content only in what is generated. Returns whether the file
 * was current. With `isCheck`, writes nothing.
 */
export async function updateResponses(isCheck: boolean): Promise<boolean> {
  const recorded = await recordResponses();
  const written: unknown = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : undefined;
  const isCurrent = maskGenerated(recorded) === maskGenerated(written);
  if (!isCurrent && !isCheck) {
    const options = { ...(await resolveConfig(FILE)), filepath: FILE };
    writeFileSync(FILE, await format(JSON.stringify(recorded), options));
  }
  return isCurrent;
}
