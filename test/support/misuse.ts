import { type LiveWorld, type Sent, type Subject } from "./live-world";
import { documentOf, MUTATIONS, RECURRENCE } from "./mutations";
import { ECHOED, PERSON, PERSONAL_INPUT, PROVIDERS, REFUSED, SECRETS } from "./planted";
import { basic } from "./webhooks";

const FAILURES: readonly Record<string, unknown>[] = [
  ...[500, 400, 401, 403, 404, 409, 418, 429, 200].map((status) => ({
    kind: "status",
    status,
    body: { code: PROVIDERS.errorBody, message: PROVIDERS.errorBody, errormessage: PROVIDERS.errorBody },
    headers: { "x-provider": PROVIDERS.header, "retry-after": PROVIDERS.header, "set-cookie": PROVIDERS.header },
  })),
  { kind: "htmlBody", body: `<html>${PROVIDERS.html}</html>` },
  { kind: "wrongShape", body: JSON.stringify({ [PROVIDERS.errorBody]: PROVIDERS.errorBody }) },
  { kind: "malformedJson", body: `{"${PROVIDERS.errorBody}` },
  { kind: "truncatedBody", body: PROVIDERS.errorBody.repeat(10) },
  { kind: "redirect", headers: { location: `http://${PROVIDERS.header}.example/` } },
  { kind: "resetBeforeCommit" },
  { kind: "hangBeforeCommit" },
];

export const READS = `{ me { benefits { id name } } pixAuthorization(recurrenceId: "${RECURRENCE}") { status payer { document name } } }`;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers as JSON
export async function everyMutation(subject: Subject, token: string, key: string): Promise<any[]> {
  const answers = [];
  for (const mutation of MUTATIONS) {
    const idempotencyKey = `${ECHOED.idempotencyKey}-${mutation.name}-${key}`;
    const input = { ...mutation.input, ...PERSONAL_INPUT[mutation.name], idempotencyKey };
    answers.push(await subject.graphql(token, documentOf(mutation), { variables: { input } }));
  }
  return answers;
}

/** Requests that are wrong in every way, each with a canary in what is wrong. */
export async function everyMistake(subject: Subject, token: string): Promise<void> {
  const ask = (query: string, more?: Record<string, unknown>) => subject.graphql(token, query, more);
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
    await ask(`query($x: ${type}!) { user(id: $x) { id } }`, { variables: { x: REFUSED.argument } });
  await ask("query($x: UserId!) { user(id: $x) { id } }", { variables: { x: REFUSED.argument } });
  await ask("query($x: RecurrenceId!) { pixAuthorization(recurrenceId: $x) { status } }", {
    variables: { x: { deep: REFUSED.argument } },
  });
  for (const mutation of MUTATIONS) {
    for (const member of Object.keys({ ...mutation.input, idempotencyKey: "" })) {
      const input = { idempotencyKey: "k", ...mutation.input, [member]: `${REFUSED.argument}\n` };
      await ask(documentOf(mutation), { variables: { input } });
    }
    const unknown = { ...mutation.input, idempotencyKey: "k", surprise: REFUSED.argument };
    await ask(documentOf(mutation), { variables: { input: unknown } });
  }
  await ask(`{ user(id: "${REFUSED.argument}") { id } }`);
  await ask(`{ me { benefits(status: "${REFUSED.literal}") { id } } }`);
  await ask(`{ me { id } "${REFUSED.literal}" }`);
  await ask(`{ me { id "${REFUSED.literal}`);
  await ask(`# ${REFUSED.literal}\n{ me { id } }`, { variables: { unused: REFUSED.variable } });
  await ask(`query ${ECHOED.documentsOwnName} { ${ECHOED.documentsOwnName}: me { ${ECHOED.documentsOwnName} } }`);
  await ask("{ me { id } }", { operationName: REFUSED.bodyMember });
  await ask("{ me { id } }", { operationName: { deep: REFUSED.bodyMember }, extensions: REFUSED.extension });
  await ask("{ me { id } }", { extensions: { persistedQuery: { version: 1, sha256Hash: REFUSED.extension } } });
  await ask("query($r: [_Any!]!) { _entities(representations: $r) { __typename } }", {
    variables: { r: [{ __typename: REFUSED.argument, id: REFUSED.argument }] },
  });
  await ask("query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } } }", {
    variables: { r: [{ __typename: "User", id: REFUSED.argument, email: PERSON.email }] },
  });

  const send = (sent: Sent) => subject.send(sent);
  await send({ body: `{"query": ${REFUSED.malformed}` });
  await send({ body: REFUSED.malformed });
  await send({
    body: Buffer.concat([
      Buffer.from(`{"query":"{ me { id } }","x":"${REFUSED.malformed}`),
      Buffer.of(0xff, 0xfe, 0x22, 0x7d),
    ]),
  });
  await send({ body: JSON.stringify([{ query: REFUSED.bodyMember }]) });
  await send({ body: `"${REFUSED.tooLarge.repeat(100_000)}"` });
  await send({ body: REFUSED.bodyMember, headers: { "content-type": REFUSED.contentType } });
  await send({ body: REFUSED.bodyMember, headers: { "content-type": `text/${REFUSED.contentType}` } });
  await send({
    method: "GET",
    path: `/${REFUSED.notFound}?${REFUSED.query}`,
    headers: { "x-request-id": REFUSED.malformedRequestId },
  });
  await send({ method: "GET", path: `/%zz${REFUSED.notFound}` });
  await send({
    method: "GET",
    path: `/graphql?query=${REFUSED.query}&variables=${REFUSED.query}`,
    headers: { "apollo-require-preflight": REFUSED.header },
  });
  await send({ method: "GET", path: `/graphql?query=%7Bme%7Bid%7D%7D&extensions=${REFUSED.query}` });
  await send({
    method: "PURGE",
    path: `/${REFUSED.notFound}`,
    headers: { cookie: REFUSED.header, referer: REFUSED.header, "user-agent": REFUSED.header },
  });
  await send({ body: '{"query":"{ __typename }"}', headers: { "router-authorization": REFUSED.wrongRouterSecret } });
  for (const authorization of [
    REFUSED.wrongToken,
    `Bearer ${REFUSED.wrongToken}`,
    `Basic ${REFUSED.wrongToken}`,
    `Bearer ${token}x`,
  ]) {
    await send({ headers: { authorization }, body: '{"query":"{ __typename }"}' });
  }
}

/** Every way in which a provider or the token endpoint fails, each with a canary in its words. */
export async function everyFailure({ avibra, delbank }: LiveWorld, subject: Subject, token: string): Promise<void> {
  for (const [index, fault] of FAILURES.entries()) {
    for (const vendor of [avibra, delbank]) await vendor.fault({ match: {}, ...fault, times: 100 });
    await subject.graphql(token, READS);
    if (index % 4 === 0) await everyMutation(subject, token, `failure-${index}`);
    for (const vendor of [avibra, delbank]) await vendor.clearFaults();
    // A token that is refused is fetched anew: that fetch fails too.
    await avibra.fault({ match: { path: "/user/benefits" }, kind: "status", status: 401 });
    await avibra.fault({
      match: { path: "/oauth2/token" },
      ...fault,
      ...(fault["body"] !== undefined && { body: PROVIDERS.tokenError }),
    });
    await subject.graphql(token, READS);
    await avibra.clearFaults();
  }
}

/** Events with personal data in them, that are taken and that are not. */
export async function everyEvent(subject: Subject): Promise<void> {
  const path = "/webhooks/avibra";
  const authorization = basic("webhook", SECRETS.webhookPassword);
  const event = {
    eventname: "cnry_event_of_no_canary",
    userid: "u-1001",
    eventtimestamp: "2026-02-01T10:00:00Z",
    moredetails: [
      { name: "note", value: REFUSED.webhookDetail },
      { name: "email", value: PERSON.email },
    ],
    ...PERSON,
  };
  const body = JSON.stringify(event);
  const key = { "idempotency-key": REFUSED.webhookKey };
  await subject.send({ path, headers: { authorization, ...key }, body });
  await subject.send({ path, headers: { authorization, ...key }, body }); // a copy
  await subject.send({ path, headers: { authorization }, body: `{"userid":${body}}` });
  await subject.send({ path, headers: { authorization }, body: `{"${REFUSED.webhookMalformed}` });
  await subject.send({ path, headers: { authorization: basic("webhook", REFUSED.wrongWebhookPassword) }, body });
}
