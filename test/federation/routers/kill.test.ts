import { once } from "node:events";
import { createConnection } from "node:net";
import { freePort } from "../../kit/free-port";
import { startProviderGateway, type ProviderGateway } from "../../kit/network/provider-gateway";
import { type RunningProgram } from "../../kit/start/program";
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { authorizationId, cancelPix, createUser, IDEMPOTENCY_KEY, type Mutation } from "../../processes/mutations";
import {
  createReplicaCluster,
  PAST_LEASE_MS,
  PAST_WINDOW_MS,
  type ReplicaCluster,
} from "../../processes/replica-cluster";
import { OUR_NAME, ROUTER_SECRET } from "../gateways/compose";
import { sendRequest } from "../gateways/federation";
import { ROUTERS } from "./routers";
import { type Router, startRouter } from "./start-router";

jest.setTimeout(600_000); // `beforeAll` starts several programs

const POINTS = [
  "the router before it sends",
  "the router after it has sent",
  "the subgraph after it has sent",
  "the provider after its commit",
] as const;
type Point = (typeof POINTS)[number];

interface Case {
  readonly point: Point;
  readonly repeat: "keyed" | "once";
  readonly mutation: Mutation;
  readonly status: "SUCCEEDED" | "NEEDS_ATTENTION";
  readonly commits: 0 | 1;
}

/** A `once` mutation that was sent, and that nobody knows the fate of, is never sent again. */
const CASES: readonly Case[] = POINTS.flatMap((point, index) => [
  { point, repeat: "keyed", mutation: createUser(`m-${index}`), status: "SUCCEEDED", commits: 1 } as const,
  {
    point,
    repeat: "once",
    mutation: cancelPix(authorizationId(index + 1), `m-${index}`),
    ...(point === "the subgraph after it has sent"
      ? ({ status: "NEEDS_ATTENTION", commits: 0 } as const)
      : ({ status: "SUCCEEDED", commits: 1 } as const)),
  } as const,
]);

const found = ROUTERS.filter(({ program }) => program !== undefined);

describe.each(found)("kill -9 on the way of a mutation through $title", (kind) => {
  let cluster: ReplicaCluster;
  let keys: TokenIssuer;
  let subgraph: RunningProgram;
  let router: Router;
  let startSubgraph: () => Promise<RunningProgram>;
  let startThisRouter: () => Promise<Router>;
  const pressed = new Map<Case, { status: string; id: string }>();

  let avibra: ProviderGateway;
  let delbank: ProviderGateway;

  const casesAt = (point: Point) => CASES.filter((one) => one.point === point);
  const toVariables = ({ input }: Mutation) => ({ input: { idempotencyKey: IDEMPOTENCY_KEY, ...input } });
  const send = (mutation: Mutation) => {
    const { query, claims } = mutation;
    return sendRequest(router.url, keys, { query, claims, variables: toVariables(mutation) });
  };
  const sendAndLose = (mutation: Mutation) => void send(mutation).catch(() => undefined);
  const waitUntilReceived = (mutation: Mutation) =>
    waitFor(async () => ((await cluster.countRequests(mutation)) > 0 ? true : undefined));

  /** Writes the request to the stopped router's connection; resolves when its operating system has it. */
  async function writeRequest({ query, claims, ...mutation }: Mutation): Promise<void> {
    const { hostname, port, pathname } = new URL(router.url);
    const body = JSON.stringify({ query, variables: toVariables({ query, claims, ...mutation }) });
    const socket = createConnection(Number(port), hostname).on("error", () => undefined);
    await once(socket, "connect");
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(body)}`,
      `authorization: Bearer ${await keys.sign(claims)}`,
    ];
    await new Promise((resolve) => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, resolve));
  }

  async function restartRouter(): Promise<void> {
    await router.stop();
    router = await startThisRouter();
  }

  /** Sends the mutations, and kills at the point when they have come so far. */
  const KILLS: Readonly<Record<Point, (mutations: readonly Mutation[]) => Promise<void>>> = {
    async "the router before it sends"(mutations) {
      process.kill(router.pid, "SIGSTOP");
      for (const mutation of mutations) await writeRequest(mutation);
      await restartRouter();
      for (const mutation of mutations) expect(await cluster.countRequests(mutation)).toBe(0);
    },
    async "the router after it has sent"(mutations) {
      for (const mutation of mutations) {
        const held = (mutation.vendor === "avibra" ? avibra : delbank).hold(mutation.path);
        sendAndLose(mutation);
        await waitFor(() => held.count() > 0 || undefined);
        await restartRouter();
        held.release();
      }
    },
    async "the subgraph after it has sent"(mutations) {
      for (const { vendor, path } of mutations)
        await cluster[vendor].addFault({ match: { method: "POST", path }, kind: "hangBeforeCommit" });
      for (const mutation of mutations) {
        sendAndLose(mutation);
        await waitUntilReceived(mutation);
      }
      await subgraph.kill();
      await cluster.passTime(PAST_LEASE_MS);
      for (const { repeat, mutation } of casesAt("the subgraph after it has sent"))
        if (repeat === "once") await cluster.passTime(PAST_WINDOW_MS, { principal: mutation.claims.sub });
      subgraph = await startSubgraph();
    },
    async "the provider after its commit"(mutations) {
      for (const { vendor, path } of mutations)
        await cluster[vendor].addFault({ match: { method: "POST", path }, kind: "resetAfterCommit" });
      for (const mutation of mutations) await send(mutation);
    },
  };

  /** Presses the button again, with the same key, until the outcome is known. */
  const pressAgain = ({ mutation }: Case) =>
    waitFor(async () => {
      const { data } = await send(mutation);
      const { operation } = data.payload as { operation: { status: string; id: string } };
      return ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"].includes(operation.status) ? operation : undefined;
    });

  beforeAll(async () => {
    keys = await startTokenIssuer();
    cluster = await createReplicaCluster("sqlite", { authorizations: CASES.length });
    avibra = await startProviderGateway(() => cluster.avibra.url);
    delbank = await startProviderGateway(() => cluster.delbank.url);
    const port = await freePort();
    startSubgraph = () =>
      cluster.start({
        PORT: `${port}`,
        ROUTER_SECRETS: ROUTER_SECRET,
        AUTH_JWKS_URL: keys.url,
        AUTH_ISSUER: ISSUER,
        AUTH_AUDIENCE: AUDIENCE,
        AVIBRA_BASE_URL: avibra.url,
        DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
      });
    startThisRouter = () =>
      startRouter(kind, {
        urls: { [OUR_NAME]: `http://127.0.0.1:${port}/graphql` },
        keysUrl: keys.url,
        routerSecret: ROUTER_SECRET,
      });
    [subgraph, router] = await Promise.all([startSubgraph(), startThisRouter()]);
    for (const point of POINTS) {
      await KILLS[point](casesAt(point).map(({ mutation }) => mutation));
      for (const one of casesAt(point)) pressed.set(one, await pressAgain(one));
    }
  });
  afterAll(async () => {
    await router.stop();
    await cluster.stop();
    await Promise.all([avibra.close(), delbank.close(), keys.close()]);
  });

  test.each(CASES)(
    "$point: a $repeat mutation is $status when it is sent again with its key, with $commits effect",
    async (one) => {
      const { mutation, status, commits } = one;
      expect(pressed.get(one)).toMatchObject({ status });
      const effects = await cluster.commits(mutation);
      expect(effects).toHaveLength(commits);
      expect((await cluster.find(mutation))?.id).toBe(pressed.get(one)?.id);
      if (one.repeat === "once") expect(await cluster.countRequests(mutation)).toBe(1);
      // Pressed once more: the same outcome, and nothing is sent.
      const sent = await cluster.countRequests(mutation);
      expect((await send(mutation)).data.payload.operation).toMatchObject({ status, id: pressed.get(one)?.id });
      expect(await cluster.countRequests(mutation)).toBe(sent);
      expect(await cluster.commits(mutation)).toEqual(effects);
    },
  );
});
