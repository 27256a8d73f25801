import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { startSupergraph } from "../gateways/supergraph";
import {
  type Client,
  codeOf,
  type Connection,
  createApolloClient,
  createCache,
  createGraphqlRequestClient,
  isRetryable,
  retryMutation,
} from "./clients";
import {
  CancelPixAuthorizationDocument,
  type CancelPixAuthorizationInput,
  ChangeOfferDocument,
  MemberBenefitsDocument,
  MemberOperationsDocument,
  PixAuthorizationDocument,
} from "./generated/graphql";

const PAYER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
const MANIFEST = JSON.parse(readFileSync(join(__dirname, "../../../schema/persisted-documents.json"), "utf8")) as {
  readonly operations: readonly { readonly id: string; readonly name: string; readonly body: string }[];
};

const cancellation = (idempotencyKey: string): CancelPixAuthorizationInput => ({
  idempotencyKey,
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
});

let supergraph: Awaited<ReturnType<typeof startSupergraph>>;
let connection: Connection;
beforeAll(async () => {
  supergraph = await startSupergraph();
  connection = { url: supergraph.url, token: await supergraph.subgraph.token(PAYER) };
});
afterAll(() => supergraph.stop());
beforeEach(async () => {
  await Promise.all([supergraph.subgraph.avibra.reset(), supergraph.subgraph.delbank.reset()]);
});

describe.each<[string, (connection: Connection) => Client]>([
  ["Apollo Client", createApolloClient],
  ["graphql-request", createGraphqlRequestClient],
])("%s, through a gateway", (_name, createClient) => {
  let client: Client;
  beforeAll(() => {
    client = createClient(connection);
  });
  const cancellations = async () => (await supergraph.subgraph.delbank.state()).commits.length;

  test("reads a member's benefits and offers", async () => {
    const { me } = await client.query(MemberBenefitsDocument, {});
    expect(me?.currentOffer?.offer.price?.amount).toBe("19.90");
    expect(me?.benefits?.map(({ id, userId }) => `${userId}/${id}`)).toContain("u-1001/dental");
  });

  test("reads an authorization", async () => {
    const { pixAuthorization } = await client.query(PixAuthorizationDocument, { recurrenceId: RECURRENCE_ID });
    expect(pixAuthorization?.status).toBe("ACTIVE");
    expect(pixAuthorization?.payer.document).toBe("***.232.170-**");
  });

  test("changes an offer, and reads the operation in the list of operations", async () => {
    const change = {
      idempotencyKey: randomUUID(),
      userId: MEMBER_ID,
      offerId: "premium",
      direction: "UPGRADE",
    } as const;
    const { changeOffer } = await client.mutate(ChangeOfferDocument, { input: change });
    expect(changeOffer.userErrors).toEqual([]);
    expect(changeOffer.user?.currentOffer?.offer.id).toBe("premium");
    const { me } = await client.query(MemberOperationsDocument, { first: 1 });
    expect(me?.operations?.edges.map(({ node }) => [node.id, node.kind, node.status])).toEqual([
      [changeOffer.operation?.id, "CHANGE_OFFER", "SUCCEEDED"],
    ]);
  });

  test("repeats a cancellation whose response was lost with the same key: one effect, and its result", async () => {
    let lost = 0;
    const losing = createClient({
      ...connection,
      async fetch(...request) {
        const answer = await fetch(...request);
        if (lost++ > 0) return answer;
        await answer.text();
        throw new TypeError("the connection was lost");
      },
    });
    const { cancelPixAuthorization } = await retryMutation(() =>
      losing.mutate(CancelPixAuthorizationDocument, { input: cancellation("lost") }),
    );
    expect(lost).toBe(2);
    expect(cancelPixAuthorization.operation?.status).toBe("SUCCEEDED");
    expect(cancelPixAuthorization.authorization?.status).toBe("CANCELLED");
    expect(await cancellations()).toBe(1);
  });

  test("receives a refusal that the user can act on in userErrors", async () => {
    const theirs = { ...cancellation("theirs"), recurrenceId: "RR3822485720260110legalpay001" };
    const { cancelPixAuthorization } = await client.mutate(CancelPixAuthorizationDocument, { input: theirs });
    expect(cancelPixAuthorization.userErrors.map(({ code }) => code)).toEqual(["NOT_FOUND"]);
    expect(await cancellations()).toBe(0);
  });

  test("reads the code of a failure and whether to retry, and sends a request that would fail again only once", async () => {
    await supergraph.subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 503 });
    const failure: unknown = await createClient(connection)
      .query(MemberBenefitsDocument, {})
      .catch((error: unknown) => error);
    expect([codeOf(failure), isRetryable(failure)]).toEqual(["PROVIDER_UNAVAILABLE", true]);

    let sent = 0;
    const counting = createClient({ ...connection, fetch: (...request) => (sent++, fetch(...request)) });
    const malformed = { ...cancellation("malformed"), requesterDocument: "00000000000" };
    const refusal: unknown = await retryMutation(() =>
      counting.mutate(CancelPixAuthorizationDocument, { input: malformed }),
    ).catch((error: unknown) => error);
    expect([codeOf(refusal), isRetryable(refusal), sent]).toEqual(["BAD_USER_INPUT", false, 1]);
  });

  test("sends exactly the documents that the manifest lists, by their SHA-256", async () => {
    const sent: { operationName?: string; query: string }[] = [];
    const watched = createClient({
      ...connection,
      fetch(url, request) {
        sent.push(JSON.parse(request?.body as string) as never);
        return fetch(url, request);
      },
    });
    await watched.query(MemberBenefitsDocument, {});
    await watched.query(MemberOperationsDocument, {});
    await watched.query(PixAuthorizationDocument, { recurrenceId: RECURRENCE_ID });
    await watched.mutate(CancelPixAuthorizationDocument, { input: cancellation("listed") });
    await watched.mutate(ChangeOfferDocument, {
      input: { idempotencyKey: randomUUID(), userId: MEMBER_ID, offerId: "premium", direction: "UPGRADE" },
    });
    const ids = sent.map(({ query }) => createHash("sha256").update(query).digest("hex"));
    expect(ids.sort()).toEqual(MANIFEST.operations.map(({ id }) => id).sort());
  });
});

describe("Apollo Client's cache", () => {
  test("stores entities by their keys, so that a mutation's response updates the authorization that was read before", async () => {
    const cache = createCache();
    const client = createApolloClient(connection, cache);
    await client.query(MemberBenefitsDocument, {});
    await client.query(PixAuthorizationDocument, { recurrenceId: RECURRENCE_ID });
    expect(Object.keys(cache.extract())).toEqual(
      expect.arrayContaining([
        "User:u-1001",
        "Offer:plus",
        'Benefit:{"userId":"u-1001","id":"dental"}',
        `PixAuthorization:{"recurrenceId":"${RECURRENCE_ID}"}`,
      ]),
    );
    await client.mutate(CancelPixAuthorizationDocument, { input: cancellation("cached") });
    const seen = cache.readQuery({ query: PixAuthorizationDocument, variables: { recurrenceId: RECURRENCE_ID } });
    expect(seen?.pixAuthorization?.status).toBe("CANCELLED");
    client.stop();
  });
});
