import { type LiveEnvironment, type LiveRequest, type LiveProgram } from "../start/live-environment";
import { toDocument, MUTATIONS } from "../seeds/mutations";
import { MEMBER_ID, RECURRENCE_ID } from "../seeds/ids";
import { ECHOED, PERSON, PERSONAL_INPUT, PROVIDER_VALUES, REJECTED, SECRETS } from "./canary-values";
import { basicAuth } from "../http/webhooks";

export const FAILURES: readonly Record<string, unknown>[] = [
  ...[500, 400, 401, 403, 404, 409, 418, 429, 200].map((status) => ({
    kind: "status",
    status,
    body: {
      code: PROVIDER_VALUES.errorBody,
      message: PROVIDER_VALUES.errorBody,
      errormessage: PROVIDER_VALUES.errorBody,
    },
    headers: {
      "x-provider": PROVIDER_VALUES.header,
      "retry-after": PROVIDER_VALUES.header,
      "set-cookie": PROVIDER_VALUES.header,
    },
  })),
  { kind: "htmlBody", body: `<html>${PROVIDER_VALUES.html}</html>` },
  { kind: "wrongShape", body: JSON.stringify({ [PROVIDER_VALUES.errorBody]: PROVIDER_VALUES.errorBody }) },
  { kind: "malformedJson", body: `{"${PROVIDER_VALUES.errorBody}` },
  { kind: "truncatedBody", body: PROVIDER_VALUES.errorBody.repeat(10) },
  { kind: "redirect", headers: { location: `http://${PROVIDER_VALUES.header}.example/` } },
  { kind: "resetBeforeCommit" },
];
/** For a program whose timeouts are short. */
export const HANGING: readonly Record<string, unknown>[] = [{ kind: "hangBeforeCommit" }];

export const READ_QUERY = `{ me { benefits { id name } } pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status payer { document name } } }`;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- responses as JSON
export async function sendEveryMutation(program: LiveProgram, token: string, key: string): Promise<any[]> {
  const responses = [];
  for (const mutation of MUTATIONS) {
    const idempotencyKey = `${ECHOED.idempotencyKey}-${mutation.name}-${key}`;
    const input = { ...mutation.input, ...PERSONAL_INPUT[mutation.name], idempotencyKey };
    responses.push(await program.graphql(token, toDocument(mutation), { variables: { input } }));
  }
  return responses;
}

/** Requests that are wrong in every way, each with a canary in what is wrong. */
export async function sendEveryInvalidRequest(program: LiveProgram, token: string): Promise<void> {
  const sendQuery = (query: string, extra?: Record<string, unknown>) => program.graphql(token, query, extra);
  const types = [
    "UserId",
    "RecurrenceId",
    "CancellationId",
    "TaxId",
    "IdempotencyKey",
    "EmailAddress",
    "PhoneNumber",
    "Date",
    "OfferId",
    "Int",
    "BenefitStatus",
  ];
  for (const type of types)
    await sendQuery(`query($x: ${type}!) { user(id: $x) { id } }`, { variables: { x: REJECTED.argument } });
  await sendQuery("query($x: UserId!) { user(id: $x) { id } }", { variables: { x: REJECTED.argument } });
  await sendQuery("query($x: RecurrenceId!) { pixAuthorization(recurrenceId: $x) { status } }", {
    variables: { x: { deep: REJECTED.argument } },
  });
  for (const mutation of MUTATIONS) {
    for (const member of Object.keys({ ...mutation.input, idempotencyKey: "" })) {
      const input = { idempotencyKey: "k", ...mutation.input, [member]: `${REJECTED.argument}\n` };
      await sendQuery(toDocument(mutation), { variables: { input } });
    }
    const address = { [REJECTED.fieldName]: 1, city: { [REJECTED.fieldName]: REJECTED.argument } };
    const surprise = { [REJECTED.fieldName]: REJECTED.argument, address };
    const unknown = { ...mutation.input, ...surprise, idempotencyKey: "k", surprise: REJECTED.argument };
    await sendQuery(toDocument(mutation), { variables: { input: unknown } });
  }
  await sendQuery(`{ user(id: "${REJECTED.argument}") { id } }`);
  await sendQuery(`{ me { benefits(status: "${REJECTED.literal}") { id } } }`);
  await sendQuery(`{ me { id } "${REJECTED.literal}" }`);
  await sendQuery(`{ me { id "${REJECTED.literal}`);
  await sendQuery(`# ${REJECTED.literal}\n{ me { id } }`, { variables: { unused: REJECTED.variable } });
  await sendQuery(`query ${ECHOED.documentName} { ${ECHOED.documentName}: me { ${ECHOED.documentName} } }`);
  await sendQuery("{ me { id } }", { operationName: REJECTED.bodyMember });
  await sendQuery("{ me { id } }", { operationName: { deep: REJECTED.bodyMember }, extensions: REJECTED.extension });
  await sendQuery("{ me { id } }", { extensions: { persistedQuery: { version: 1, sha256Hash: REJECTED.extension } } });
  await sendQuery("query($r: [_Any!]!) { _entities(representations: $r) { __typename } }", {
    variables: { r: [{ __typename: REJECTED.argument, id: REJECTED.argument }] },
  });
  await sendQuery("query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } } }", {
    variables: { r: [{ __typename: "User", id: REJECTED.argument, email: PERSON.email }] },
  });

  const send = (options: LiveRequest) => program.send(options);
  await send({ body: `{"query": ${REJECTED.malformed}` });
  await send({ body: REJECTED.malformed });
  await send({
    body: Buffer.concat([
      Buffer.from(`{"query":"{ me { id } }","x":"${REJECTED.malformed}`),
      Buffer.of(0xff, 0xfe, 0x22, 0x7d),
    ]),
  });
  await send({ body: JSON.stringify([{ query: REJECTED.bodyMember }]) });
  await send({ body: `"${REJECTED.tooLarge.repeat(100_000)}"` });
  await send({ body: REJECTED.bodyMember, headers: { "content-type": REJECTED.contentType } });
  await send({ body: REJECTED.bodyMember, headers: { "content-type": `text/${REJECTED.contentType}` } });
  await send({
    method: "GET",
    path: `/${REJECTED.notFound}?${REJECTED.query}`,
    headers: { "x-request-id": REJECTED.malformedRequestId },
  });
  await send({ method: "GET", path: `/%zz${REJECTED.notFound}` });
  await send({
    method: "GET",
    path: `/graphql?query=${REJECTED.query}&variables=${REJECTED.query}`,
    headers: { "apollo-require-preflight": REJECTED.header },
  });
  await send({ method: "GET", path: `/graphql?query=%7Bme%7Bid%7D%7D&extensions=${REJECTED.query}` });
  await send({
    method: "PURGE",
    path: `/${REJECTED.notFound}`,
    headers: { cookie: REJECTED.header, referer: REJECTED.header, "user-agent": REJECTED.header },
  });
  await send({ body: '{"query":"{ __typename }"}', headers: { "router-authorization": REJECTED.wrongRouterSecret } });
  for (const authorization of [
    REJECTED.wrongToken,
    `Bearer ${REJECTED.wrongToken}`,
    `Basic ${REJECTED.wrongToken}`,
    `Bearer ${token}x`,
  ]) {
    await send({ headers: { authorization }, body: '{"query":"{ __typename }"}' });
  }
}

/** Faults of a provider and of the token endpoint, by default `FAILURES`, each with a canary in its words. */
export async function triggerFailures(
  { avibra, delbank }: LiveEnvironment,
  { program, token, faults = FAILURES }: { program: LiveProgram; token: string; faults?: typeof FAILURES },
): Promise<void> {
  for (const [index, fault] of faults.entries()) {
    for (const vendor of [avibra, delbank]) await vendor.addFault({ match: {}, ...fault, times: 100 });
    await program.graphql(token, READ_QUERY);
    if (index % 4 === 0) await sendEveryMutation(program, token, `failure-${index}`);
    for (const vendor of [avibra, delbank]) await vendor.clearFaults();
    // After a 401, the token is fetched again, and that fetch fails too.
    await avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 401 });
    await avibra.addFault({
      match: { path: "/oauth2/token" },
      ...fault,
      ...(fault["body"] !== undefined && { body: PROVIDER_VALUES.tokenError }),
    });
    await program.graphql(token, READ_QUERY);
    await avibra.clearFaults();
  }
}

/** Events with personal data in them, that are taken and that are not. */
export async function sendEveryEvent(program: LiveProgram): Promise<void> {
  const path = "/webhooks/avibra";
  const authorization = basicAuth("webhook", SECRETS.webhookPassword);
  const event = {
    eventname: "cnry_event_of_no_canary",
    userid: MEMBER_ID,
    eventtimestamp: "2026-02-01T10:00:00Z",
    moredetails: [
      { name: "note", value: REJECTED.webhookDetail },
      { name: "email", value: PERSON.email },
    ],
    ...PERSON,
  };
  const body = JSON.stringify(event);
  const key = { "idempotency-key": REJECTED.webhookKey };
  await program.send({ path, headers: { authorization, ...key }, body });
  await program.send({ path, headers: { authorization, ...key }, body }); // a copy
  await program.send({ path, headers: { authorization }, body: `{"userid":${body}}` });
  await program.send({ path, headers: { authorization }, body: `{"${REJECTED.webhookMalformed}` });
  await program.send({ path, headers: { authorization: basicAuth("webhook", REJECTED.wrongWebhookPassword) }, body });
}
