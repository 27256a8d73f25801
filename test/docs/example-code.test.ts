import { text } from "node:stream/consumers";
import { CloseCode } from "graphql-ws";
import { WebSocketServer } from "ws";
import { runExample } from "../../docs/frontend/example/example";
import { findOrStartSandbox } from "../../docs/frontend/example/sandbox";
import { startHttpServer } from "../kit/http/http-server";
import { waitFor } from "../kit/wait-for";

const MUTATION = {
  cancelPixAuthorization: { operation: { id: "1", status: "UNCONFIRMED" }, userErrors: [] },
};
const EVENT = { userEvents: { kind: "USER_BENEFITS_PENDING_SWAP", occurredAt: "2026-02-01T10:00:00Z" } };

/**
 * A subgraph and both providers at one port. The operation has these statuses, one after the other. The subscription to events starts only
 * after the first event was processed.
 */
async function startWorld(statuses: readonly string[]) {
  let events = 0;
  let sendEvent: (() => void) | undefined;
  const respond = (path: string, body: string): object => {
    if (path.endsWith("/webhooks") && (events += 1) > 1) sendEvent?.();
    if (path.startsWith("/dev/token")) return { token: "any" };
    return { data: body.includes("cancelPixAuthorization") ? MUTATION : { me: null } };
  };
  const server = await startHttpServer((request, response) => {
    response.setHeader("content-type", "application/json");
    void text(request).then((body) => response.end(JSON.stringify(respond(request.url ?? "", body))));
  });
  const sockets = new WebSocketServer({ server: server.server });
  sockets.on("connection", (socket) => {
    const say = (message: object) => {
      socket.send(JSON.stringify(message));
    };
    socket.on("message", (data: Buffer) => {
      const { type, id, payload } = JSON.parse(data.toString());
      if (type === "connection_init") say({ type: "connection_ack" });
      if (type !== "subscribe") return;
      if (payload.query.includes("userEvents")) {
        sendEvent = () => {
          say({ type: "next", id, payload: { data: EVENT } });
        };
        return;
      }
      for (const status of statuses) {
        say({ type: "next", id, payload: { data: { operationSettled: { id: "1", status } } } });
      }
      say({ type: "complete", id });
    });
  });
  const port = `${server.port}`;
  return {
    sandbox: await findOrStartSandbox({ PORT: port, AVIBRA_SANDBOX_PORT: port, DELBANK_SANDBOX_PORT: port }),
    countEvents: () => events,
    async stop() {
      for (const socket of sockets.clients) socket.close(CloseCode.BadRequest); // the client does not connect again
      await waitFor(() => sockets.clients.size === 0 || undefined);
      await server.close();
    },
  };
}

let world: Awaited<ReturnType<typeof startWorld>>;
afterEach(() => world.stop());

describe("the example for frontends", () => {
  test("waits on while the operation needs attention, and for an event after the first one was missed", async () => {
    world = await startWorld(["NEEDS_ATTENTION", "SUCCEEDED"]);
    const steps: unknown[] = [];
    await runExample(world.sandbox, (step, { status, kind }) => steps.push([step, status ?? kind]));
    expect(steps.slice(-3)).toEqual([
      ["Wait for operationSettled", "NEEDS_ATTENTION"],
      ["Wait for operationSettled", "SUCCEEDED"],
      ["Receive an event by userEvents", "USER_BENEFITS_PENDING_SWAP"],
    ]);
    expect(world.countEvents()).toBeGreaterThan(1);
  });

  test.each([
    [["FAILED"], "Delbank rejected the cancellation."],
    [["NEEDS_ATTENTION"], "The subscription ended without a value."],
  ])("fails if operationSettled sends %j and ends: %s", async (statuses, message) => {
    world = await startWorld(statuses);
    await expect(runExample(world.sandbox, () => undefined)).rejects.toThrow(message);
  });
});
