import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProviderGateway, type ProviderGateway } from "../../kit/network/provider-gateway";
import { startTcpServer, type TcpServer } from "../../kit/network/tcp-server";
import { RECURRENCE_ID } from "../../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { createTempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { cancelPix, IDEMPOTENCY_KEY } from "../../processes/mutations";
import { OUR_NAME, ROUTER_SECRET } from "../gateways/compose";
import { sendRequest } from "../gateways/federation";
import { ROUTERS } from "./routers";
import { type Router, startRouter } from "./start-router";

// When its client leaves, a router ends its request to the subgraph or waits for the response: the mutation is settled anyway.

const AS_SHIPPED = { setting: "as shipped", change: (config: string) => config };
/** A setting that Apollo Router 3 turns on. */
const EARLY_CANCEL = {
  setting: "with early_cancel",
  change: (config: string) => config.replace("supergraph:\n", "supergraph:\n  early_cancel: true\n"),
};

const found = ROUTERS.filter(({ program }) => program !== undefined).flatMap((kind) =>
  kind.title === "Apollo Router"
    ? [
        { ...kind, ...AS_SHIPPED, ends: false },
        { ...kind, ...EARLY_CANCEL, ends: true },
      ]
    : [{ ...kind, ...AS_SHIPPED, ends: true }],
);

const MUTATION = cancelPix(RECURRENCE_ID);

describe.each(found)("a client of $title $setting", (kind) => {
  const folder = createTempDirectory("router-disconnects");
  let keys: TokenIssuer;
  let delbank: ProviderGateway;
  let subgraph: TestSubgraph;
  /** Between the router and the subgraph. */
  let proxy: TcpServer;
  /** By connection, in order: whether the router has closed it. */
  const closed: boolean[] = [];
  let router: Router;

  beforeAll(async () => {
    keys = await startTokenIssuer();
    delbank = await startProviderGateway(() => subgraph.delbank.url);
    subgraph = await startSubgraph({
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
    });
    proxy = await startTcpServer((socket, { connectTo }) => {
      const index = closed.push(false) - 1;
      const upstream = connectTo(Number(new URL(subgraph.url).port));
      socket.pipe(upstream).pipe(socket);
      socket.once("close", () => {
        closed[index] = true;
        upstream.destroy();
      });
    });
    const config = join(folder.path, "router.yaml");
    // Longer than the test, so that only the client's leaving ends a request.
    const shipped = readFileSync(kind.config, "utf8").replaceAll(/timeout: 1[25]s/g, "timeout: 600s");
    writeFileSync(config, kind.change(shipped));
    const urls = { [OUR_NAME]: `http://127.0.0.1:${proxy.port}/graphql` };
    router = await startRouter(kind, { urls, keysUrl: keys.url, routerSecret: ROUTER_SECRET, config });
  });
  afterAll(async () => {
    await router.stop();
    await proxy.close();
    await subgraph.stop();
    await Promise.all([delbank.close(), keys.close()]);
    folder.remove();
  });

  test(`that leaves while a Pix cancellation is sent ${kind.ends ? "ends" : "does not end"} the router's request, and the cancellation is sent once and settled`, async () => {
    const { query, claims, input, path } = MUTATION;
    const variables = { input: { idempotencyKey: IDEMPOTENCY_KEY, ...input } };
    const client = new AbortController();
    const held = delbank.hold(path);
    const response = sendRequest(router.url, keys, { query, claims, variables, signal: client.signal });
    const left = expect(response).rejects.toThrow();
    await waitFor(() => held.count() > 0 || undefined);
    client.abort();
    await left;
    if (kind.ends) await waitFor(() => closed[0] || undefined);
    // The subgraph sees the closed connection before requests that are sent after it.
    for (let probe = 0; probe < 5; probe += 1) await fetch(`${subgraph.url}/health/live`);
    held.release();
    const settled = await waitFor(async () => {
      const { data } = await sendRequest(router.url, keys, { query, claims, variables });
      const { operation } = data.payload as { operation: { status: string; attempts: number } };
      return operation.status === "SUCCEEDED" ? operation : undefined;
    });
    expect(settled.attempts).toBe(1);
    expect(closed[0]).toBe(kind.ends);
    // The last request: its response was received, so that nobody had to look for the outcome.
    const requests = await subgraph.delbank.requests();
    const isSent = ({ method }: { method: string }) => method === "POST";
    expect([requests.filter(isSent).length, requests.findLastIndex(isSent)]).toEqual([1, requests.length - 1]);
  });
});
