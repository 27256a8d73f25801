import { toDocument, findMutation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const UPDATE = "/user/account/update";
const OFFERS = "/user/offers";
const USUAL_MS = 900;
const SLOW_MS = 1300;
/** Behind the slow one, at most 700 ms are left: less than the next one usually takes. */
const TIMEOUT_MS = SLOW_MS + 700;

const FIELDS = "operation { id status attempts } userErrors { code }";
const update = (idempotencyKey: string, lastName = "Lima") => ({ idempotencyKey, userId: "u-1002", lastName });
const slow = (idempotencyKey: string) => ({
  idempotencyKey,
  userId: "u-1001",
  offerId: "premium",
  direction: "UPGRADE",
});

let subgraph: TestSubgraph;
beforeEach(async () => {
  subgraph = await startSubgraph({ REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}` });
});
afterEach(() => subgraph.stop());

const delay = (path: string, delayMs: number) => subgraph.avibra.addFault({ match: { path }, kind: "delay", delayMs });
const updateUser = (idempotencyKey: string) =>
  subgraph.graphql(`mutation($input: UpdateUserInput!) { updateUser(input: $input) { ${FIELDS} } }`, {
    variables: { input: update(idempotencyKey) },
    claims: PAYER_CLAIMS,
  });
/** A slow change of offer and an update behind it, in one document: one at a time, within one deadline. */
async function updateBehindSlow(keys: { readonly slow: string; readonly update: string }) {
  await delay(OFFERS, SLOW_MS);
  return subgraph.graphql(
    `mutation($slow: ChangeOfferInput!, $update: UpdateUserInput!) {
      changeOffer(input: $slow) { ${FIELDS} }
      updateUser(input: $update) { ${FIELDS} }
    }`,
    { variables: { slow: slow(keys.slow), update: update(keys.update) }, claims: PAYER_CLAIMS },
  );
}
const operationKeys = async () => {
  const query = '{ user(id: "u-1002") { operations { edges { node { idempotencyKey } } } } }';
  const { data } = await subgraph.graphql(query, { claims: PAYER_CLAIMS });
  return data.user.operations.edges.map(({ node }: { node: { idempotencyKey: string } }) => node.idempotencyKey);
};

test("a mutation is not begun when less than its usual time is left: UNAVAILABLE, nothing recorded, nothing sent", async () => {
  await delay(UPDATE, USUAL_MS);
  await updateUser("usual");
  const { errors } = await updateBehindSlow({ slow: "slow", update: "too-late" });
  expect(errors).toHaveLength(1);
  expect(errors?.[0]).toMatchObject({ path: ["updateUser"], extensions: { code: "UNAVAILABLE", retryable: true } });
  expect(await operationKeys()).toEqual(["usual"]);
  expect(await subgraph.avibra.requests(UPDATE)).toHaveLength(1);
  expect(await subgraph.avibra.requests(OFFERS)).toHaveLength(1); // the slow one was done

  const again = await updateUser("too-late");
  expect(again.data.updateUser).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
});

test("one that was done before is told all the same", async () => {
  await delay(UPDATE, USUAL_MS);
  const first = await updateUser("usual");
  const { data, errors } = await updateBehindSlow({ slow: "slow", update: "usual" });
  expect(errors).toBeUndefined();
  expect(data.changeOffer.operation.status).toBe("SUCCEEDED");
  expect(data.updateUser).toEqual(first.data.updateUser);
  expect(await subgraph.avibra.requests(UPDATE)).toHaveLength(1);
});

test("one whose usual time is not known is begun with whatever is left", async () => {
  const { data, errors } = await updateBehindSlow({ slow: "slow", update: "first-of-its-kind" });
  expect(errors).toBeUndefined();
  expect(data.updateUser.operation.status).toBe("SUCCEEDED");
});

test("nor without any time left, though nobody knows how long it takes", async () => {
  await subgraph.avibra.addFault({ match: { path: UPDATE }, kind: "hangBeforeCommit", times: 9 });
  const { errors } = await subgraph.graphql(
    `mutation($one: UpdateUserInput!, $two: UpdateUserInput!) {
      one: updateUser(input: $one) { ${FIELDS} }
      two: updateUser(input: $two) { ${FIELDS} }
    }`,
    { variables: { one: update("hangs"), two: update("too-late") }, claims: PAYER_CLAIMS },
  );
  expect(errors).toEqual([expect.objectContaining({ path: ["two"] })]);
  expect(await operationKeys()).toEqual(["hangs"]);
});

test("nor a cancellation of Pix, when looking before it leaves took what it needs: nothing recorded, nothing sent", async () => {
  await subgraph.stop();
  // The usual time is at most half of the whole. A look that counted for it would make it that much, and leave less than that.
  const [LOOK_MS, SEND_MS, WHOLE_MS] = [4300, 1600, 8000];
  subgraph = await startSubgraph({ REQUEST_TIMEOUT_MS: `${WHOLE_MS}`, DELBANK_TIMEOUT_MS: "20000" });
  const cancellation = findMutation("cancelPixAuthorization");
  const cancel = (idempotencyKey: string) =>
    subgraph.graphql(toDocument(cancellation), {
      variables: { input: { ...cancellation.input, idempotencyKey } },
      claims: PAYER_CLAIMS,
    });
  const slowly = (method: string, delayMs: number) =>
    subgraph.delbank.addFault({ match: { method, path: cancellation.path }, kind: "delay", delayMs });
  await slowly("POST", SEND_MS);
  for (const key of ["usual", "looked-at-slowly"]) {
    await slowly("GET", LOOK_MS); // which is no time of the sending's own
    expect((await cancel(key)).data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
    await subgraph.delbank.reset();
  }
  await slowly("GET", WHOLE_MS - SEND_MS / 2);
  const { errors } = await cancel("too-late");
  expect(errors?.[0]).toMatchObject({ extensions: { code: "UNAVAILABLE", retryable: true } });
  expect((await subgraph.delbank.requests()).filter(({ method }) => method === "POST")).toEqual([]);
  expect((await cancel("too-late")).data.cancelPixAuthorization.operation.status).toBe("SUCCEEDED");
});

test("one that waits for room has its whole time for an answer when it is sent", async () => {
  await subgraph.stop();
  subgraph = await startSubgraph({ AVIBRA_TIMEOUT_MS: "1000", AVIBRA_CONCURRENCY: "1" });
  await delay("/user/benefits", 5000);
  await delay(UPDATE, 500);
  const reading = subgraph.graphql('{ user(id: "u-1001") { currentOffer { status } } }', { claims: PAYER_CLAIMS });
  await waitFor(async () => (await subgraph.avibra.requests("/user/benefits"))[0]);
  const written = await updateUser("waits"); // gets its room when the read is given up, a second later
  await reading;
  expect(written.data.updateUser.operation).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
});

test("one that waits for room until hardly any time is left is not sent, and stays to be done", async () => {
  await subgraph.stop();
  subgraph = await startSubgraph({ REQUEST_TIMEOUT_MS: "1000", AVIBRA_CONCURRENCY: "1" });
  await delay("/user/benefits", 2000);
  await delay(UPDATE, 500); // an answer that would not come in time
  const reading = subgraph.graphql('{ user(id: "u-1001") { currentOffer { status } } }', { claims: PAYER_CLAIMS });
  await waitFor(async () => (await subgraph.avibra.requests("/user/benefits"))[0]);
  const written = await updateUser("waits"); // gets its room when the read is given up, a moment before its own end
  await reading;
  expect(written.errors).toBeUndefined();
  expect(written.data.updateUser.operation.status).toBe("PENDING"); // not UNCONFIRMED: it is known that nothing was sent
  expect(await subgraph.avibra.requests(UPDATE)).toHaveLength(0);
});
