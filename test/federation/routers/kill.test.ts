import { freePort } from "../../kit/free-port";
import { startProviderGateway, type ProviderGateway } from "../../kit/network/provider-gateway";
import { startTcpServer } from "../../kit/network/tcp-server";
import { type RunningProgram } from "../../kit/start/program";
import { type SandboxProgram, startSandboxProgram } from "../../kit/start/sandbox-program";
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

jest.setTimeout(600_000); // `beforeAll` starts a dozen programs

// Router, subgraph and providers are programs of their own, and each is really killed.

const NOT_COMMITTED = "the subgraph after it has sent, and before the provider commits";
const POINTS = [
  "the router before it sends",
  "the router after it has sent",
  NOT_COMMITTED,
  "the subgraph after it has sent, and after the provider has committed",
  "the provider after its commit",
] as const;
type Point = (typeof POINTS)[number];

interface Case {
  readonly point: Point;
  readonly repeat: "keyed" | "once";
  readonly mutation: Mutation;
  readonly status: "SUCCEEDED" | "NEEDS_ATTENTION";
  readonly effects: 0 | 1;
}

/** A `once` mutation that was sent is never sent again: if nobody can find out whether it was executed, people look into it. */
const CASES: readonly Case[] = POINTS.flatMap((point, index) => [
  { point, repeat: "keyed", mutation: createUser(`keyed-${index}`), status: "SUCCEEDED", effects: 1 } as const,
  {
    point,
    repeat: "once",
    mutation: cancelPix(authorizationId(index + 1), `once-${index}`),
    ...(point === NOT_COMMITTED
      ? ({ status: "NEEDS_ATTENTION", effects: 0 } as const)
      : ({ status: "SUCCEEDED", effects: 1 } as const)),
  } as const,
]);
const FINAL = ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"];

/** What the repetition of a mutation returned, and how many requests its provider received after the kill. */
interface Repeated {
  readonly operation: { readonly id: string; readonly status: string };
  readonly sent: number;
}

const found = ROUTERS.filter(({ program }) => program !== undefined);

describe.each(found)("kill -9 on the way of a mutation through $title:", (kind) => {
  let keys: TokenIssuer;
  let providers: SandboxProgram;
  let cluster: ReplicaCluster;
  let gateways: Readonly<Record<Mutation["vendor"], ProviderGateway>>;
  let subgraph: RunningProgram;
  let router: Router;
  let startSubgraph: () => Promise<RunningProgram>;
  let startThisRouter: (environment?: Readonly<Record<string, string>>) => Promise<Router>;
  const repeated = new Map<Case, Repeated>();

  const send = ({ query, claims, input }: Mutation, by = router) =>
    sendRequest(by.url, keys, { query, claims, variables: { input: { idempotencyKey: IDEMPOTENCY_KEY, ...input } } });
  const sendAndLose = (mutation: Mutation, by = router) => void send(mutation, by).catch(() => undefined);
  const clearRequests = () => Promise.all([cluster.avibra.clearRequests(), cluster.delbank.clearRequests()]);

  /** Sends the mutations; resolves when their providers hold their responses back, with or without an effect. */
  async function sendAndHang(mutations: readonly Mutation[], kind: "hangBeforeCommit" | "hangAfterCommit") {
    for (const mutation of mutations) {
      const { vendor, path } = mutation;
      await cluster[vendor].addFault({ match: { method: "POST", path }, kind });
      sendAndLose(mutation);
      await waitFor(async () => ((await cluster.countRequests(mutation)) > 0 ? true : undefined));
      if (kind === "hangAfterCommit") await waitFor(async () => (await cluster.commits(mutation))[0]);
    }
  }

  /** Kills the subgraph; when it is started again, it is too late to confirm these mutations. */
  async function replaceSubgraph(tooLate: readonly Mutation[] = []): Promise<void> {
    await subgraph.kill();
    await clearRequests();
    await cluster.passTime(PAST_LEASE_MS);
    for (const { claims } of tooLate) await cluster.passTime(PAST_WINDOW_MS, { principal: claims.sub });
    subgraph = await startSubgraph();
  }

  /** Sends the mutations, and kills at the point when they have come so far. */
  const KILLS: Readonly<Record<Point, (mutations: readonly Mutation[]) => Promise<void>>> = {
    async "the router before it sends"(mutations) {
      for (const mutation of mutations) {
        // The router opens a TLS connection that nobody answers: it is about to send.
        let isOpening = false;
        const silent = await startTcpServer((socket) => socket.once("data", () => (isOpening = true)));
        const other = await startThisRouter({ BENEFITS_PIX_URL: `https://127.0.0.1:${silent.port}/graphql` });
        sendAndLose(mutation, other);
        await waitFor(() => isOpening || undefined);
        await other.stop();
        await silent.close();
        expect(await cluster.countRequests(mutation)).toBe(0);
      }
    },
    async "the router after it has sent"(mutations) {
      for (const mutation of mutations) {
        const held = gateways[mutation.vendor].hold(mutation.path);
        sendAndLose(mutation);
        await waitFor(() => held.count() > 0 || undefined);
        await router.stop();
        await clearRequests();
        held.release();
        router = await startThisRouter();
      }
    },
    async [NOT_COMMITTED](mutations) {
      await sendAndHang(mutations, "hangBeforeCommit");
      await replaceSubgraph(mutations.filter(({ vendor }) => vendor === "delbank"));
    },
    async "the subgraph after it has sent, and after the provider has committed"(mutations) {
      await sendAndHang(mutations, "hangAfterCommit");
      await replaceSubgraph();
    },
    async "the provider after its commit"(mutations) {
      await sendAndHang(mutations, "hangAfterCommit");
      await providers.kill();
      await providers.restart();
    },
  };

  /** Sends the mutation with the same key until its outcome is final. */
  async function repeat({ mutation }: Case): Promise<Repeated> {
    const operation = await waitFor(async () => {
      const { data } = await send(mutation);
      const { operation } = data.payload as Pick<Repeated, "operation">;
      return FINAL.includes(operation.status) ? operation : undefined;
    });
    return { operation, sent: await cluster.countRequests(mutation) };
  }

  beforeAll(async () => {
    keys = await startTokenIssuer();
    providers = await startSandboxProgram({ extraAuthorizations: CASES.length, hasStateFile: true });
    cluster = await createReplicaCluster("sqlite", { startProviders: () => Promise.resolve(providers) });
    const [avibra, delbank] = await Promise.all([
      startProviderGateway(() => providers.avibra.url),
      startProviderGateway(() => providers.delbank.url),
    ]);
    gateways = { avibra, delbank };
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
    startThisRouter = (environment = {}) =>
      startRouter(kind, {
        urls: { [OUR_NAME]: `http://127.0.0.1:${port}/graphql` },
        keysUrl: keys.url,
        routerSecret: ROUTER_SECRET,
        environment,
      });
    [subgraph, router] = await Promise.all([startSubgraph(), startThisRouter()]);
    for (const point of POINTS) {
      const cases = CASES.filter((one) => one.point === point);
      await KILLS[point](cases.map(({ mutation }) => mutation));
      for (const one of cases) repeated.set(one, await repeat(one));
    }
  });
  afterAll(async () => {
    await router.stop();
    await cluster.stop();
    await Promise.all([gateways.avibra.close(), gateways.delbank.close(), keys.close()]);
  });

  test.each(CASES)(
    "$point: a $repeat mutation that is sent again with its key is $status, with $effects effect",
    async (one) => {
      const { point, mutation, status, effects } = one;
      const { operation, sent } = repeated.get(one) ?? {};
      expect(operation).toMatchObject({ status, id: (await cluster.find(mutation))?.id });
      const commits = await cluster.commits(mutation);
      expect(commits).toHaveLength(effects);
      if (one.repeat === "keyed") expect(commits).toMatchObject([{ idempotencyKey: operation?.id }]);
      if (one.repeat === "once") expect(sent).toBe(point === "the router before it sends" ? 1 : 0);
      // Once more: the same outcome, and the provider is sent nothing.
      await clearRequests();
      expect((await send(mutation)).data.payload.operation).toMatchObject({ ...operation });
      expect(await cluster.countRequests(mutation)).toBe(0);
      expect(await cluster.commits(mutation)).toEqual(commits);
    },
  );
});
