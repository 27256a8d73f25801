import { randomUUID } from "node:crypto";
import { waitFor } from "../kit/wait-for";
import { postWebhook } from "../kit/http/webhooks";
import { describeGateway } from "./gateways/claims";
import { startHive } from "./gateways/hive";

const MEMBER = { sub: "u-1001", tax_id: "04623217035" };

describe.each(["JavaScript", "Rust"] as const)("behind Hive Gateway, planning in %s", (planner) => {
  const { through, requestsToUs, federation, url } = describeGateway((options) => startHive({ planner, ...options }));
  const refusal = { data: null, errors: [{ extensions: { code: "UNAUTHORIZED_FIELD_OR_TYPE" } }] };

  test("@authenticated: without a token we are not even asked, for a root field or for a reference", async () => {
    for (const query of ["{ me { id } }", "{ team { id benefits { id } } }"]) {
      expect(await through({ query })).toMatchObject({ status: 401, ...refusal });
    }
    expect(requestsToUs()).toBe(0);
  });

  test("@authenticated binds our fields alone: of a user, another team's field needs no token", async () => {
    const { data, errors } = await through({ query: "{ team { displayName } }" });
    expect([data, errors]).toEqual([{ team: [{ displayName: "Ana" }, { displayName: "Bruno" }] }, undefined]);
  });

  test("@requiresScopes: without the scope we are not even asked, with it we are", async () => {
    const query = `mutation { cancelPixAuthorization(input: {
      idempotencyKey: "scopes", recurrenceId: "RR0435879820240605njua7shf40o", requesterType: NATURAL,
      requesterDocument: "04623217035", reason: REQUESTED_BY_PAYER }) { operation { status } } }`;
    expect(await through({ query, claims: MEMBER })).toMatchObject(refusal);
    expect(requestsToUs()).toBe(0);
    const { data } = await through({ query, claims: { ...MEMBER, scope: "pix:cancel" } });
    expect(data).toEqual({ cancelPixAuthorization: { operation: { status: "SUCCEEDED" } } });
    expect(requestsToUs()).toBe(1);
  });

  test("a subscription: an event reaches the member by SSE, and nobody else's does", async () => {
    const { keys, subgraph } = federation();
    const leaving = new AbortController();
    const response = await fetch(url(), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream",
        authorization: `Bearer ${await keys.sign(MEMBER)}`,
      },
      body: JSON.stringify({ query: 'subscription { userEvents(userId: "u-1001") { kind } }' }),
      signal: leaving.signal,
    });
    let heard = "";
    const listening = (async () => {
      for await (const chunk of response.body ?? []) heard += Buffer.from(chunk).toString();
    })().catch(() => undefined); // it ends when we leave
    await waitFor(async () => {
      // What is told before we listen is not heard: each of these is an event of its own.
      await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "u-1002" }, { key: randomUUID() });
      await postWebhook(
        subgraph.url,
        { eventname: "offer_upgrade_successful", userid: "u-1001" },
        { key: randomUUID() },
      );
      return heard.includes("event: next") || undefined;
    });
    leaving.abort();
    await listening;
    expect(heard).toContain('{"data":{"userEvents":{"kind":"OFFER_UPGRADE_SUCCESSFUL"}}}');
    expect(heard).not.toContain("ENROLLMENT_SUCCESSFUL");
  });

  test("a token that nobody signed goes no further", async () => {
    const { status, data } = await through({ query: "{ me { id } }", headers: { authorization: "Bearer forged" } });
    expect([status, data]).toEqual([400, undefined]);
    expect(requestsToUs()).toBe(0);
  });
});
