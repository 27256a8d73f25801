import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { readMetric } from "../../kit/http/metrics";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { waitFor } from "../../kit/wait-for";
import { ROUTER_SECRET } from "../gateways/compose";
import { type Federation, type Request, sendRequest, startFederation } from "../gateways/federation";
import { subscribeBySse } from "../../kit/subscriptions/sse";
import { findNotOffered } from "./not-offered";
import { ROUTERS } from "./routers";
import { type Router, type RouterOptions, startRouter } from "./start-router";
import { writeSwitchedConfig } from "./switch-block";

const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const MANIFEST = join(__dirname, "../../../schema/persisted-documents.json");
const EVENTS = "subscription($userId: UserId!) { userEvents(userId: $userId) { kind } }";
const OVER_LIMITS = [
  [
    "that is deeper",
    `{ pixAuthorization(recurrenceId: "x") ${"{ cancellations { authorization ".repeat(9)}{ status }${" } }".repeat(9)} }`,
  ],
  ["with more aliases", `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: me { id }`).join(" ")} }`],
] as const;

const found = ROUTERS.filter(({ title, program }) => title === "Hive Router" && program !== undefined);

describe.each(found)("$title", (kind) => {
  let federation: Federation;
  let router: Router;
  const startWith = (options: Partial<RouterOptions> = {}) =>
    startRouter(kind, {
      urls: federation.urls,
      keysUrl: federation.keys.url,
      routerSecret: ROUTER_SECRET,
      ...options,
    });
  const through = (request: Request, by = router) => sendRequest(by.url, federation.keys, request);
  const requestsToUs = () => federation.countRequestsToUs();
  const subscribe = (query: string, variables: Readonly<Record<string, unknown>>, by: Router) =>
    subscribeBySse(by.url, federation.keys.sign, { query, variables, claims: PAYER_CLAIMS });

  /** The number of open subscriptions in the subgraph. */
  const countSubscriptions = async () => (await readMetric(federation.subgraph, "benefits_pix_subscriptions_open"))[""];

  beforeAll(async () => {
    federation = await startFederation();
    router = await startWith();
  });
  afterAll(async () => {
    await router.stop();
    await federation.stop();
  });
  beforeEach(async () => {
    const { subgraph } = federation;
    await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
    subgraph.logs.length = 0;
  });

  test("@authenticated: without a token, the subgraph is sent no request, and the rest of the query is answered", async () => {
    const { data, errors } = await through({ query: "{ me { id } team { displayName } }" });
    expect(data).toEqual({ me: null, team: [{ displayName: "Ana" }, { displayName: "Bruno" }] });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHORIZED_FIELD_OR_TYPE" } }]);
    expect(requestsToUs()).toBe(0);
  });

  test("@requiresScopes: the subgraph is sent a mutation only if the token has the scope", async () => {
    const query = `mutation { cancelPixAuthorization(input: {
      idempotencyKey: "scopes", recurrenceId: "${RECURRENCE_ID}", requesterType: NATURAL,
      requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }) { operation { status } } }`;
    const { errors } = await through({ query, claims: MEMBER });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHORIZED_FIELD_OR_TYPE" } }]);
    expect(requestsToUs()).toBe(0);
    const { data } = await through({ query, claims: { ...MEMBER, scope: "pix:cancel" } });
    expect(data).toEqual({ cancelPixAuthorization: { operation: { status: "SUCCEEDED" } } });
  });

  test("a forged token is rejected without a request to the subgraph", async () => {
    const { data, errors } = await through({ query: "{ me { id } }", headers: { authorization: "Bearer forged" } });
    expect([data?.me ?? null, errors?.length]).toEqual([null, 1]);
    expect(requestsToUs()).toBe(0);
  });

  test.each(["AUTH_ISSUER", "AUTH_AUDIENCE"])(
    "without %s, it starts with a warning that names it, and accepts no token",
    async (variable) => {
      const misconfigured = await startWith({ environment: { [variable]: undefined } });
      try {
        expect(misconfigured.output()).toContain(`environment variable \`${variable}\``);
        const { data, errors } = await through({ query: "{ me { id } }", claims: MEMBER }, misconfigured);
        expect(data).toEqual({ me: null });
        expect(errors).toMatchObject([{ extensions: { code: "UNAUTHORIZED_FIELD_OR_TYPE" } }]);
        expect(requestsToUs()).toBe(0);
      } finally {
        await misconfigured.stop();
      }
    },
  );

  test.each(OVER_LIMITS)("a document %s than this subgraph accepts ends at the router", async (_what, query) => {
    const { data, errors } = await through({ query, claims: MEMBER });
    expect([data ?? null, errors?.length]).toEqual([null, 1]);
    expect(requestsToUs()).toBe(0);
  });

  test.each(findNotOffered(kind.title))("does not offer: $claim; it says: $refusal", async ({ refusal }) => {
    await expect(startWith({ environment: { AUTH_JWKS_URL: undefined } })).rejects.toThrow(refusal);
  });

  test("kill -9 of the router frees the places of its subscriptions", async () => {
    const other = await startWith();
    const subscriptions = await Promise.all([1, 2, 3].map(() => subscribe(EVENTS, { userId: MEMBER_ID }, other)));
    await waitFor(async () => ((await countSubscriptions()) === 3 ? true : undefined));
    await other.stop();
    await Promise.all(subscriptions.map(({ ended }) => ended));
    await waitFor(async () => ((await countSubscriptions()) === 0 ? true : undefined));
    expect((await through({ query: "{ me { id } }", claims: MEMBER })).data).toEqual({ me: { id: MEMBER_ID } });
  });

  test("with the persisted-documents block, only operations of the manifest are executed, by hash or documentId", async () => {
    const manifest = JSON.parse(readFileSync(MANIFEST, "utf8")) as { operations: { id: string; name: string }[] };
    const id = manifest.operations.find(({ name }) => name === "MemberBenefits")?.id;
    const config = writeSwitchedConfig(kind.config, "persisted-documents");
    copyFileSync(MANIFEST, join(config.folder, "persisted-documents.json")); // beside the folder of the configuration, as in schema
    const strict = await startWith({ config: config.path });
    const post = async (body: object) => {
      const headers = {
        "content-type": "application/json",
        authorization: `Bearer ${await federation.keys.sign(MEMBER)}`,
      };
      const response = await fetch(strict.url, { method: "POST", headers, body: JSON.stringify(body) });
      return (await response.json()) as { data?: { me?: { id: string } }; errors?: unknown[] };
    };
    try {
      const byHash = { extensions: { persistedQuery: { version: 1, sha256Hash: id } } };
      for (const body of [{ documentId: id }, byHash]) expect((await post(body)).data?.me?.id).toBe(MEMBER_ID);
      const unknown = createHash("sha256").update("{ me { id } }").digest("hex");
      for (const body of [{ query: "{ me { id } }" }, { documentId: unknown }]) {
        const response = await post(body);
        expect([response.data ?? null, response.errors?.length]).toEqual([null, 1]);
      }
    } finally {
      await strict.stop();
      config.remove();
    }
  });
});
