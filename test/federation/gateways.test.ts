import { MEMBER_ID, OTHER_MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { sendEvent } from "../kit/subscriptions/send-event";
import { waitFor } from "../kit/wait-for";
import { startApolloGateway } from "./gateways/apollo";
import { describeGateway, MEMBER } from "./gateways/claims";
import { type Federation, startFederation } from "./gateways/federation";
import { hiveGateway } from "./gateways/hive";
import { describeSubscriptions } from "./gateways/subscription-claims";
import { subscribeBySse } from "../kit/subscriptions/sse";

let federation: Federation;
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(() => federation.stop());

const misconfigurations = ["no secret", "no keys"] as const;

describe("@apollo/gateway:", () => {
  describeGateway({ federation: () => federation, start: startApolloGateway, misconfigurations });
});

// @apollo/gateway runs the claims about misconfigurations in every run: another program for each of them takes seconds.
const isTestAll = process.env["TEST_ALL"] === "true";

describe.each(["JavaScript", "Rust"] as const)("Hive Gateway with the %s planner:", (planner) => {
  const start = hiveGateway(planner);
  const { through, requestsToUs, url } = describeGateway({
    federation: () => federation,
    start,
    misconfigurations: isTestAll ? misconfigurations : [],
  });
  const refusal = { data: null, errors: [{ extensions: { code: "UNAUTHORIZED_FIELD_OR_TYPE" } }] };

  test("@authenticated: without a token, the subgraph is sent neither a root field nor a reference", async () => {
    for (const query of ["{ me { id } }", "{ team { id benefits { id } } }"]) {
      expect(await through({ query })).toMatchObject({ status: 401, ...refusal });
    }
    expect(requestsToUs()).toBe(0);
  });

  test("@authenticated protects only this subgraph's fields: another subgraph's field of a user needs no token", async () => {
    const { data, errors } = await through({ query: "{ team { displayName } }" });
    expect([data, errors]).toEqual([{ team: [{ displayName: "Ana" }, { displayName: "Bruno" }] }, undefined]);
  });

  test("@requiresScopes: the subgraph is sent a mutation only if the token has the scope", async () => {
    const query = `mutation { cancelPixAuthorization(input: {
      idempotencyKey: "scopes", recurrenceId: "${RECURRENCE_ID}", requesterType: NATURAL,
      requesterDocument: "${MEMBER.tax_id}", reason: REQUESTED_BY_PAYER }) { operation { status } } }`;
    expect(await through({ query, claims: MEMBER })).toMatchObject(refusal);
    expect(requestsToUs()).toBe(0);
    const { data } = await through({ query, claims: { ...MEMBER, scope: "pix:cancel" } });
    expect(data).toEqual({ cancelPixAuthorization: { operation: { status: "SUCCEEDED" } } });
    expect(requestsToUs()).toBe(1);
  });

  test("a subscription sends a member's own event by SSE, and no other member's event", async () => {
    const { keys, subgraph } = federation;
    const query = `subscription { userEvents(userId: "${MEMBER_ID}") { kind } }`;
    const subscription = await subscribeBySse(url(), keys.sign, { query, claims: MEMBER });
    await waitFor(async () => {
      // An event before the subscription is not sent: each turn sends another one.
      await sendEvent(subgraph, OTHER_MEMBER_ID, "enrollment_successful");
      await sendEvent(subgraph, MEMBER_ID, "offer_upgrade_successful");
      return subscription.received().includes("event: next") || undefined;
    });
    await subscription.close();
    expect(subscription.received()).toContain('{"data":{"userEvents":{"kind":"OFFER_UPGRADE_SUCCESSFUL"}}}');
    expect(subscription.received()).not.toContain("ENROLLMENT_SUCCESSFUL");
  });

  test("a forged token is rejected without a request to the subgraph", async () => {
    const { status, data } = await through({ query: "{ me { id } }", headers: { authorization: "Bearer forged" } });
    expect([status, data]).toEqual([400, undefined]);
    expect(requestsToUs()).toBe(0);
  });
});

// One event over a WebSocket is a claim of every run, above.
if (isTestAll) {
  describe.each([
    ["over a WebSocket", "ws", { hiddenReason: { code: "INTERNAL_SERVER_ERROR" } }],
    ["by server-sent events", "sse", {}],
  ] as const)("Hive Gateway, subscribing %s:", (_way, transport, options) => {
    describeSubscriptions({ start: hiveGateway("JavaScript", transport), ...options });
  });
}
