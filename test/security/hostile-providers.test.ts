import { z } from "zod";
import { monotonicClock } from "../../src/platform/kernel/monotonic-clock";
import { type HttpClient } from "../../src/platform/http/client/http-client";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { createAvibraClient } from "../../src/providers/avibra/avibra.client";
import { listBenefits } from "../../src/providers/avibra/endpoints";
import { avibraCredentials } from "../../src/sandbox/avibra/credentials";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { createTestHttpClient } from "../kit/http/test-http-client";
import { findCanaries } from "../kit/security/canaries";
import {
  CANARY,
  CANCELLATION,
  createCorrectAnswer,
  type CreateAnswer,
  createHostileAnswer,
  type HostileAnswer,
  HOSTILE_ANSWERS,
  type Verdict,
} from "../kit/security/hostile-answers";
import { findMutation, MUTATIONS, toDocument } from "../kit/seeds/mutations";
import { MEMBER_ID } from "../kit/seeds/ids";
import {
  httpResponse,
  type RawProvider,
  type RawRequest,
  type RawResponse,
  startRawProvider,
} from "../kit/network/raw-provider";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";

/** The timeout of requests that must succeed. */
const LONG_MS = "300000";
/** The timeout of responses that never end. */
const SHORT_MS = "1000";
/** Cases in flight at the same time. */
const CONCURRENCY = 12;

/** For each read: its provider, and the query for the user or recurrence of a case. */
const READS = {
  benefits: {
    vendor: "avibra",
    query: ({ userId }: Subject) =>
      `user(id: "${userId}") { currentOffer { offer { name } } benefits { id name description status } }`,
  },
  authorization: {
    vendor: "delbank",
    query: ({ recurrenceId }: Subject) =>
      `pixAuthorization(recurrenceId: "${recurrenceId}") { status payer { name document } cancellations { id } }`,
  },
  cancellation: {
    vendor: "delbank",
    query: ({ recurrenceId }: Subject) =>
      `pixCancellation(recurrenceId: "${recurrenceId}", id: "${CANCELLATION}") { id providerStatus }`,
  },
  token: {
    vendor: "avibra",
    query: ({ userId }: Subject) => `user(id: "${userId}") { currentOffer { offer { name } } }`,
  },
} as const;
type ReadName = keyof typeof READS;

/** The user and the recurrence of one case: cases run at the same time over the same providers. */
interface Subject {
  readonly number: number;
  readonly userId: string;
  readonly recurrenceId: string;
}
let lastNumber = 0;
function createSubject(): Subject {
  lastNumber += 1;
  const recurrenceId = `RR0435879820240605${String(lastNumber).padStart(11, "0")}`;
  return { number: lastNumber, userId: `case-${lastNumber}`, recurrenceId };
}
function findNumber({ path, body }: RawRequest): number {
  const [, user, recurrence] = /\bcase-(\d+)|RR0435879820240605(\d{11})/.exec(`${path} ${body}`) ?? [];
  return Number(user ?? recurrence);
}

let avibra: RawProvider;
let delbank: RawProvider;
/** Token endpoints: tokens that stay valid, and tokens that are valid for one call. */
let tokens: RawProvider;
let shortTokens: RawProvider;
let subgraph: TestSubgraph;
/** Each call fetches a token of `shortTokens`. */
let tokenSubgraph: TestSubgraph;
/** Subgraphs with a short timeout for one provider. */
let shortTimeout: Record<"avibra" | "delbank", TestSubgraph>;
const stops: (() => unknown)[] = [];

/** The hostile response of a case and the requests that receive it, by the case's number. */
const hostile = new Map<number, readonly [CreateAnswer, (request: RawRequest) => boolean]>();
const hostileAnswersSent = new Set<number>();
function respond(request: RawRequest): RawResponse {
  const number = findNumber(request);
  const [create, isHostile] = hostile.get(number) ?? [];
  if (!create || !isHostile?.(request)) return createCorrectAnswer(request);
  hostileAnswersSent.add(number);
  return createHostileAnswer(request, create);
}

/** Their responses are parsed by the same code: `npm test` tries each response with one of them, in turn. */
const ACCEPTED_WRITES = MUTATIONS.filter(
  ({ name }) => name !== "createPortalLink" && name !== "cancelPixAuthorization",
);
const WRITES = HOSTILE_ANSWERS.flatMap((answer, index) =>
  MUTATIONS.filter(
    (mutation) =>
      process.env["TEST_ALL"] === "true" ||
      !ACCEPTED_WRITES.includes(mutation) ||
      ACCEPTED_WRITES.indexOf(mutation) === index % ACCEPTED_WRITES.length,
  ).map((mutation) => ({ mutation, answer, title: `${mutation.name} that is answered with ${answer[0]}` })),
);

interface ReadOutcome {
  readonly result: GraphqlResponse;
  /** The response to the same query after the provider has recovered. */
  readonly next: GraphqlResponse;
}
const readOutcomes = new Map<string, ReadOutcome>();
const writeOutcomes = new Map<string, GraphqlResponse>();
const keyOf = (read: ReadName, answer: string) => `${read}: ${answer}`;

const neverEnds = (verdict: Verdict) => verdict === "PROVIDER_TIMEOUT";
const send = (to: TestSubgraph, query: string) => to.graphql(`{ ${query} }`, { claims: PAYER_CLAIMS });

/** Repeats a case until its hostile response was sent: the short timeout may pass earlier. */
const untilHostile = <Outcome>(verdict: Verdict, run: (subject: Subject) => Promise<Outcome>) =>
  waitFor(async () => {
    const subject = createSubject();
    const outcome = await run(subject);
    return !neverEnds(verdict) || hostileAnswersSent.has(subject.number) ? outcome : undefined;
  });

/** A field of the other provider, in the same request. */
const otherQuery = (vendor: "avibra" | "delbank", { userId, recurrenceId }: Subject) =>
  vendor === "avibra"
    ? `other: pixAuthorization(recurrenceId: "${recurrenceId}") { status }`
    : `other: user(id: "${userId}") { benefits { id } }`;
const OTHER_RESULT = { avibra: { status: "ACTIVE" }, delbank: { benefits: [{ id: "dental" }] } };

async function read(name: ReadName, [answer, create, verdict]: HostileAnswer): Promise<void> {
  const { vendor, query } = READS[name];
  const isOfVendor = ({ path }: RawRequest) => path.startsWith(vendor === "avibra" ? "/user" : "/automatic-pix");
  const to = neverEnds(verdict) ? shortTimeout[vendor] : name === "token" ? tokenSubgraph : subgraph;
  const outcome = await untilHostile(verdict, async (subject) => {
    const { number } = subject;
    if (name === "token") {
      shortTokens.respondWith((request) => {
        hostileAnswersSent.add(number);
        return createHostileAnswer(request, create);
      });
    } else hostile.set(number, [create, isOfVendor]);
    const result = await send(to, `${query(subject)} ${otherQuery(vendor, subject)}`);
    hostile.delete(number);
    shortTokens.respondWith(createCorrectAnswer);
    const recovered = async () => {
      const next = await send(to, query(subject));
      return next.errors && neverEnds(verdict) ? undefined : next;
    };
    return { result, next: await waitFor(recovered) };
  });
  readOutcomes.set(keyOf(name, answer), outcome);
}

async function write({ mutation, answer: [, create, verdict], title }: (typeof WRITES)[number]): Promise<void> {
  const to = neverEnds(verdict) ? shortTimeout[mutation.vendor] : subgraph;
  const outcome = await untilHostile(verdict, async ({ number, userId, recurrenceId }) => {
    hostile.set(number, [create, ({ method }) => method !== "GET"]);
    const subjectOfInput = mutation.vendor === "delbank" ? { recurrenceId } : { userId };
    const input = { ...mutation.input, ...subjectOfInput, idempotencyKey: `${mutation.name}-${number}` };
    const claims = { ...PAYER_CLAIMS, scope: "pix:cancel:any users:write:any" };
    return to.graphql(toDocument(mutation), { variables: { input }, claims });
  });
  writeOutcomes.set(title, outcome);
}

async function runInTurn(tasks: Iterable<() => Promise<void>>): Promise<void> {
  for (const task of tasks) await task();
}

beforeAll(async () => {
  const providers = await Promise.all([startRawProvider(), startRawProvider(), startRawProvider(), startRawProvider()]);
  stops.push(async () => {
    await Promise.all(providers.map((provider) => provider.close()));
  });
  [avibra, delbank, tokens, shortTokens] = providers;
  for (const provider of [avibra, delbank]) provider.respondWith(respond);
  const grant = JSON.stringify({ access_token: "a-token", expires_in: 3600 });
  tokens.respondWith(() => ({ bytes: httpResponse(grant) }));
  shortTokens.respondWith(createCorrectAnswer);
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    const started = await startSubgraph({
      AVIBRA_BASE_URL: avibra.url,
      AVIBRA_TOKEN_URL: `${tokens.url}/oauth2/token`,
      DELBANK_BASE_URL: delbank.url,
      AVIBRA_TIMEOUT_MS: LONG_MS,
      DELBANK_TIMEOUT_MS: LONG_MS,
      REQUEST_TIMEOUT_MS: LONG_MS,
      DATABASE_URL: "sqlite::memory:",
      OPERATION_LEASE_MS: "600000",
      RECONCILE_INTERVAL_MS: "600000",
      ...environment,
    });
    stops.unshift(() => started.stop());
    return started;
  };
  const shortTokenUrl = { AVIBRA_TOKEN_URL: `${shortTokens.url}/oauth2/token` };
  subgraph = await start();
  tokenSubgraph = await start(shortTokenUrl);
  shortTimeout = {
    avibra: await start({ ...shortTokenUrl, AVIBRA_TIMEOUT_MS: SHORT_MS }),
    delbank: await start({ DELBANK_TIMEOUT_MS: SHORT_MS }),
  };

  const tasksOf = (isEndless: boolean) => [
    ...HOSTILE_ANSWERS.filter(([, , verdict]) => neverEnds(verdict) === isEndless).flatMap((answer) =>
      (["benefits", "authorization", "cancellation"] as const).map((name) => () => read(name, answer)),
    ),
    ...WRITES.filter(({ answer }) => neverEnds(answer[2]) === isEndless).map((one) => () => write(one)),
  ];
  const queue = tasksOf(false).values();
  await Promise.all([
    ...tasksOf(true).map((task) => task()),
    ...Array.from({ length: CONCURRENCY }, () => runInTurn(queue)),
  ]);
  // All cases share one token endpoint, so these run one after the other.
  await runInTurn(HOSTILE_ANSWERS.map((answer) => () => read("token", answer)));
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** No control character, lone surrogate or long text of a provider reaches a client. */
function expectNoHarm(result: unknown): void {
  const text = JSON.stringify(result);
  expect(text.length).toBeLessThan(20_000);
  expect(text).not.toMatch(/\\u00[01]|\\[rn]|[\ud800-\udfff]|\u2028|\u202e/);
}

describe.each(Object.keys(READS) as ReadName[])("a read of %s", (name) => {
  test.each(HOSTILE_ANSWERS)(
    "that is answered with %s leaves the other provider's fields intact, and the next read succeeds",
    (answer, _create, verdict) => {
      const { result, next } = readOutcomes.get(keyOf(name, answer)) as ReadOutcome;
      expectNoHarm(result);
      const codes = [...new Set(result.errors?.map(({ extensions }) => extensions.code))];
      const isSane = verdict === "sane" || (name === "token" && answer === "the ids of another user and recurrence");
      expect(codes).toEqual(isSane ? [] : [verdict === "shape" ? "PROVIDER_CONTRACT" : verdict]);
      expect(result.data.other).toEqual(OTHER_RESULT[READS[name].vendor]);
      expect(next.errors).toBeUndefined();
      expect(JSON.stringify(next.data)).not.toContain(CANARY);
    },
  );
});

/** A response without information leaves the outcome unconfirmed. A portal link is not reconciled: it fails. */
function expectedStatus(mutation: string, answer: string, verdict: Verdict): string {
  const isAnyJsonFine = mutation !== "createPortalLink" && mutation !== "cancelPixAuthorization";
  const isForeign = answer === "the ids of another user and recurrence";
  if (verdict === "sane") return "SUCCEEDED";
  if (verdict === "shape" && (isAnyJsonFine || (mutation === "createPortalLink" && isForeign))) return "SUCCEEDED";
  if (mutation === "createPortalLink") return "FAILED";
  // A 429 says that nothing was done.
  if (verdict === "RATE_LIMITED") return mutation === "cancelPixAuthorization" ? "FAILED" : "PENDING";
  return "UNCONFIRMED";
}

describe("the mutation", () => {
  test.each(WRITES)(
    "$title has the status that the response supports",
    ({ mutation, answer: [answer, , verdict], title }) => {
      const result = writeOutcomes.get(title);
      expect(result?.errors).toBeUndefined();
      expectNoHarm(result);
      expect(result?.data[mutation.name].operation.status).toBe(expectedStatus(mutation.name, answer, verdict));
    },
  );
});

test("after every hostile response, no prototype is polluted and no log line contains a provider's value", () => {
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  const logs = [subgraph, tokenSubgraph, ...Object.values(shortTimeout)].map((each) => each.logs.join(""));
  expect(logs.map((text) => findCanaries(text, [CANARY]))).toEqual(logs.map(() => []));
});

describe("headers to a provider:", () => {
  const sentHeads = () =>
    [avibra, delbank, tokens, shortTokens].flatMap(({ requests }) => requests.map(({ head }) => head));
  const readOffer = () => send(tokenSubgraph, `user(id: "${createSubject().userId}") { currentOffer { status } }`);

  test.each([
    ["CR and LF", "right\r\nx-injected: 1"],
    ["LF", "right\nx-injected: 1"],
    ["NUL", "right\0"],
    ["a space", "right x-injected"],
    ["characters outside ASCII", "right-ü-\u2028"],
    ["no characters", ""],
    ["900,000 characters", "x".repeat(900_000)],
  ])(
    "an access token with %s is rejected before a request uses it, and the next token is used",
    async (_what, token) => {
      const before = avibra.requests.length;
      shortTokens.respondWith(() => ({
        bytes: httpResponse(JSON.stringify({ access_token: token, expires_in: 3600 })),
      }));
      const { data, errors } = await readOffer();
      expect(data).toEqual({ user: { currentOffer: null } });
      expect(errors?.[0]?.extensions.code).toBe("PROVIDER_CONTRACT");
      expect(avibra.requests.slice(before)).toEqual([]);
      shortTokens.respondWith(createCorrectAnswer);
      expect((await readOffer()).errors).toBeUndefined();
      expect(sentHeads().slice(-10).join("\n")).not.toMatch(/x-injected/i);
    },
  );

  test.each([
    ["CR and LF", "link\r\nx: 1"],
    ["NUL", "link\0"],
    ["no characters", ""],
    ["900,000 characters", "x".repeat(900_000)],
  ])("a link token with %s fails the mutation createPortalLink", async (_what, linktoken) => {
    avibra.respondWith((request) =>
      request.path === "/user/linktoken3" ? { bytes: httpResponse(JSON.stringify({ linktoken })) } : respond(request),
    );
    const link = findMutation("createPortalLink");
    const input = { ...link.input, idempotencyKey: `link-${linktoken.length}` };
    const { data } = await subgraph.graphql(toDocument(link), { variables: { input } });
    avibra.respondWith(respond);
    expect(data.createPortalLink).toMatchObject({ portalUrl: null, operation: { status: "FAILED" } });
  });

  test.each(["a\r\nx-injected: 1", "a\nb", "a\0b", "\u00fc", "\ud83d\ude00", "\u007f"])(
    "the header value %j is rejected by the HTTP client before it is sent",
    async (value) => {
      const http = createTestHttpClient({ baseUrl: delbank.url });
      const before = delbank.requests.length;
      const timeoutMs = Number(LONG_MS);
      const call = { name: "test.call", method: "GET", path: "/any", repeat: "safe", timeoutMs } as const;
      const sending = http.call(
        { ...call, headers: { "x-api-key": value }, response: z.unknown() },
        createDeadline(monotonicClock, timeoutMs),
      );
      await expect(sending).rejects.toMatchObject({ code: "PROVIDER_AUTH", maybeReceived: false });
      await http.close();
      expect(delbank.requests).toHaveLength(before);
    },
  );

  test("every header is one line of visible ASCII, and its name is in the contracts", () => {
    const known =
      /^(host|connection|accept|content-type|content-length|authorization|x-api-key|version|idempotency-key|user-agent|x-delbank-api-key|x-delfinance-account-id|transfer-encoding): [\x20-\x7e]*$/i;
    const heads = sentHeads();
    expect(heads.length).toBeGreaterThan(500);
    const lines = heads.flatMap((head) => head.split("\r\n").slice(1));
    expect(heads.filter((head) => !/^(GET|POST|DELETE) \/[\w/-]+ HTTP\/1\.1\r\n/.test(head))).toEqual([]);
    expect(lines.filter((line) => !known.test(line))).toEqual([]);
    const keys = lines.filter((line) => /^idempotency-key/i.test(line));
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((line) => !/: [0-9a-f-]{36}$/.test(line))).toEqual([]); // derived, never the caller's
  });
});

describe("a provider's list that is longer than its limit", () => {
  test.each([
    ["benefits", 500, { benefitid: "dental", benefitname: "Dental" }],
    ["offers", 500, { offerid: "plus", offername: "Plus" }],
    ["Cancellations", 50, { RecurrenceId: "", CancellationId: CANCELLATION }],
  ])("fails the read of %s; a list of %d items does not", async (member, max, item) => {
    const codesOf = async (length: number) => {
      const { number, userId, recurrenceId } = createSubject();
      const ownItem = "RecurrenceId" in item ? { ...item, RecurrenceId: recurrenceId } : item;
      const list = { [member]: Array(length).fill(ownItem) };
      const addList: CreateAnswer = (correct) => ({
        bytes: httpResponse(JSON.stringify({ ...(JSON.parse(correct) as object), ...list })),
      });
      hostile.set(number, [addList, () => true]);
      const query =
        member === "Cancellations"
          ? `pixAuthorization(recurrenceId: "${recurrenceId}") { cancellations { id } }`
          : `user(id: "${userId}") { benefits { id } availableOffers { id } }`;
      const { errors } = await send(subgraph, query);
      return [...new Set(errors?.map(({ extensions }) => extensions.code))];
    };
    expect(await codesOf(max)).toEqual([]);
    expect(await codesOf(max + 1)).toEqual(["PROVIDER_CONTRACT"]);
  });
});

test.each([
  ["100,000 nested arrays", "[".repeat(100_000) + "]".repeat(100_000)],
  ["an infinite number", "1e999"],
  ["an object", '{"valueOf":1,"__proto__":null}'],
  ["text", '"soon"'],
])("an access token whose expires_in is %s is used", async (_what, lifetime) => {
  const token = `odd-token-${createSubject().number}`;
  shortTokens.respondWith(() => ({ bytes: httpResponse(`{"access_token":"${token}","expires_in":${lifetime}}`) }));
  const [http, tokenHttp] = [avibra.url, shortTokens.url].map((baseUrl) =>
    createTestHttpClient({ baseUrl, maxBodyBytes: 2 ** 20 }),
  ) as [HttpClient, HttpClient];
  const timeoutMs = Number(LONG_MS);
  const client = createAvibraClient({
    http,
    tokenHttp,
    tokenPath: "/oauth2/token",
    credentials: avibraCredentials,
    timeoutMs,
    monotonic: monotonicClock,
  });
  const found = await client.find(listBenefits, [MEMBER_ID], createDeadline(monotonicClock, timeoutMs));
  await Promise.all([http.close(), tokenHttp.close()]);
  expect(found).not.toBeNull();
  expect(avibra.requests.at(-1)?.head).toContain(`Bearer ${token}`);
});
