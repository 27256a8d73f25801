import { randomUUID } from "node:crypto";
import { postWebhook } from "../kit/http/webhooks";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startApolloGateway } from "./gateways/apollo";
import { describeGateway, MEMBER } from "./gateways/claims";
import { type Federation, startFederation } from "./gateways/federation";
import { hiveGateway } from "./gateways/hive";

let federation: Federation;
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(() => federation.stop());

describe("@apollo/gateway:", () => {
  describeGateway({ federation: () => federation, start: startApolloGateway, isMisconfiguredToo: true });
});

// @apollo/gateway runs the claims of a misconfigured gateway in every run: another program for each of them takes seconds.
const isMisconfiguredToo = process.env["TEST_ALL"] === "true";

describe.each(["JavaScript", "Rust"] as const)("Hive Gateway with the %s planner:", (planner) => {
  const start = hiveGateway(planner);
  const { through, requestsToUs, url } = describeGateway({ federation: () => federation, start, isMisconfiguredToo });
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
    const controller = new AbortController();
    const response = await fetch(url(), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream",
        authorization: `Bearer ${await keys.sign(MEMBER)}`,
      },
      body: JSON.stringify({ query: 'subscription { userEvents(userId: "u-1001") { kind } }' }),
      signal: controller.signal,
    });
    let received = "";
    const reading = (async () => {
      for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString();
    })().catch(() => undefined); // the client disconnects
    await waitFor(async () => {
      // An event before the subscription is not sent: each turn sends another one.
      await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "u-1002" }, { key: randomUUID() });
      await postWebhook(
        subgraph.url,
        { eventname: "offer_upgrade_successful", userid: MEMBER_ID },
        { key: randomUUID() },
      );
      return received.includes("event: next") || undefined;
    });
    controller.abort();
    await reading;
    expect(received).toContain('{"data":{"userEvents":{"kind":"OFFER_UPGRADE_SUCCESSFUL"}}}');
    expect(received).not.toContain("ENROLLMENT_SUCCESSFUL");
  });

  test("a forged token is rejected without a request to the subgraph", async () => {
    const { status, data } = await through({ query: "{ me { id } }", headers: { authorization: "Bearer forged" } });
    expect([status, data]).toEqual([400, undefined]);
    expect(requestsToUs()).toBe(0);
  });
});
