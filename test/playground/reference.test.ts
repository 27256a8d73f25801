import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { type ErrorCode, ERROR_CODES } from "../../src/platform/errors/subgraph-error";
import { readExamples, readResponses } from "../../src/playground/examples";
import { describeNull } from "../../src/playground/reference/describe-null";
import { GLOSSARY } from "../../src/playground/reference/glossary";
import { renderReference, type ReferenceOptions } from "../../src/playground/reference/render-reference";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { readText } from "../kit/pages";

const SCHEMA = join(__dirname, "../../schema");
const read = (file: string) => readFileSync(join(SCHEMA, file), "utf8");
const examples = readExamples(join(SCHEMA, "operations"));
const responses = readResponses(join(SCHEMA, "operations"));

const render = (options: Partial<ReferenceOptions> = {}) =>
  renderReference({
    mode: "sandbox",
    ...{ api: read("api.graphql"), subgraph: read("subgraph.graphql"), examples, responses, style: "" },
    ...options,
  });

const valuesOf = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].map(([, value = ""]) => value);
const anchorsOf = (page: string) => valuesOf(page, /\sid="([^"]*)"/g);
const partOf = (page: string, element: string, id: string) => {
  const start = page.indexOf(`<${element} id="${id}"`);
  return start < 0 ? "" : page.slice(start, page.indexOf(`</${element}>`, start));
};
const textOf = (page: string, id: string) => partOf(page, "article", id);
/** What a reader sees, its white space as one space. */
const wordsOf = (markup: string) =>
  markup
    .replace(/<\/(?:p|dt|dd|h3|div)>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();

describe("the reference of our schema", () => {
  const page = render();

  test("has an anchor for every type, field, argument, input field and enum value of the API schema", () => {
    const expected = Object.values(buildSchema(read("api.graphql")).getTypeMap())
      .filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type))
      .flatMap((type) => {
        const isRoot = ["Query", "Mutation", "Subscription"].includes(type.name);
        const own = isRoot ? [] : [type.name];
        if (isEnumType(type)) return [...own, ...type.getValues().map(({ name }) => `${type.name}.${name}`)];
        if (isInputObjectType(type))
          return [...own, ...Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)];
        if (!isObjectType(type) && !isInterfaceType(type)) return own;
        return Object.values(type.getFields()).reduce(
          (all, field) => [
            ...all,
            `${type.name}.${field.name}`,
            ...field.args.map(({ name }) => `${type.name}.${field.name}.${name}`),
          ],
          own,
        );
      });
    expect(expected.length).toBeGreaterThan(200);
    const anchors = anchorsOf(page);
    expect(expected.filter((name) => !anchors.includes(name))).toEqual([]);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  test("links only to anchors that exist and to pages of this server", () => {
    const links = valuesOf(page, /\shref="([^"]*)"/g);
    const anchors = new Set(anchorsOf(page).map((id) => `#${id}`));
    expect(links.length).toBeGreaterThan(200);
    expect(links.filter((link) => !anchors.has(link))).toEqual([
      ...["/favicon.svg", "/"],
      ...examples.map(({ name }) => `/#example=${name}`),
    ]);
    expect(valuesOf(page, /\ssrc="([^"]*)"/g)).toEqual(["/playground/reference.js"]);
  });

  test("shows the token and scopes that the federated schema requires", () => {
    expect(textOf(page, "Mutation.cancelPixAuthorization")).toContain(
      '<span class="badge">scope pix:cancel or pix:cancel:any</span>',
    );
    expect(textOf(page, "Query.me")).toContain('<span class="badge">token</span>');
    expect(textOf(page, "Query.me")).not.toContain("scope");
    expect(textOf(page, "Benefit")).toContain('<span class="badge">key userId and id</span>');
  });

  test("contains the example operations with their callers and variables", () => {
    expect(examples).toHaveLength(5);
    for (const { name, caller } of examples) {
      expect(textOf(page, `example-${name}`)).toContain(`sub ${caller["sub"] ?? "?"}`);
    }
    expect(textOf(page, "example-change-offer")).toContain("&quot;direction&quot;: &quot;UPGRADE&quot;");
  });

  test.each(examples)("shows $name with its recorded response, which has no errors", ({ name, query, variables }) => {
    const shown = [...textOf(page, `example-${name}`).matchAll(/<code>([^<]*)<\/code><\/pre>/g)].map(([, code = ""]) =>
      code.replaceAll("&quot;", '"').replaceAll("&amp;", "&"),
    );
    const [operation = "", ...json] = shown;
    expect(query.endsWith(`${operation}\n`)).toBe(true);
    const response = responses[name] as { data: Record<string, unknown>; errors?: unknown };
    const expected = Object.keys(variables).length > 0 ? [variables, response] : [response];
    expect(json.map((code) => JSON.parse(code) as unknown)).toEqual(expected);
    expect(response.errors).toBeUndefined();
    expect(Object.values(response.data)).not.toContain(null);
  });

  test("says of the endpoint which status Accept gives a refusal, and which pages can read the responses", () => {
    const wordsOfEndpoint = (text: string) => wordsOf(partOf(text, "section", "endpoint"));
    for (const text of [page, render({ mode: "live" })]) {
      expect(wordsOfEndpoint(text)).toContain("If it prefers application/graphql-response+json, a GraphQL request");
      expect(wordsOfEndpoint(text)).toContain("Otherwise the response is application/json, with the status 200.");
      expect(wordsOfEndpoint(text)).toContain("Leave credentials at its default: the API reads no cookies.");
    }
    expect(wordsOfEndpoint(page)).toContain("A page of any loopback origin, such as http://localhost:5173, can send");
    expect(wordsOfEndpoint(render({ mode: "live" }))).toContain("The router decides which origins it allows.");
  });

  test("begins with what a reader needs before the first request; live mode has no data of the sandbox", () => {
    const titlesOf = (text: string) => [...text.matchAll(/<h2 [^>]*>([^<]*)<\/h2>/g)].map(([, title]) => title);
    const rest = [
      "Queries",
      "Mutations",
      "Subscriptions",
      "Examples",
      "Error codes",
      "Types",
      "Inputs",
      "Enums",
      "Scalars",
    ];
    expect(titlesOf(page)).toEqual(["Purpose", "Endpoint", "Token", "Sandbox data", "Glossary", ...rest]);
    expect(titlesOf(render({ mode: "live" }))).toEqual(["Purpose", "Endpoint", "Token", "Glossary", ...rest]);
  });

  test("has headings whose levels skip none, one of them the first level", () => {
    const levels = valuesOf(page, /<h(\d)/g).map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  });

  test("in the sandbox, shows how to get a token, and the members and authorizations", () => {
    const text = wordsOf(page);
    expect(text).toContain("curl -s 'http://127.0.0.1:4001/dev/token?sub=u-1001'");
    expect(wordsOf(partOf(page, "section", "sandbox-data"))).toContain(
      `${RECURRENCE_ID} Active, the payer is a person`,
    );
    expect(text).toContain(`the member u-1001, with the tax ID ${PAYER_TAX_ID}`);
  });

  test("in live mode, shows that the identity provider issues the token, and nothing of the sandbox's data", () => {
    const live = render({ mode: "live" });
    const start = live.slice(live.indexOf('id="purpose"'), live.indexOf('id="queries"'));
    expect(wordsOf(start)).toContain("Your identity provider issues the token");
    expect(wordsOf(start)).toContain("accepts requests of its router only");
    expect(start).not.toMatch(/dev\/token|u-100|04623217035|RR0435879820240605njua7shf40o/);
    expect(live).not.toContain("dev/token");
    expect(wordsOf(live)).toContain("Unless its providers are simulated, mutations change");
  });

  test("defines each term of the glossary in docs/contributing/architecture.md that a frontend needs once, in its words", () => {
    const source = wordsOf(readText("docs/contributing/architecture.md").replaceAll("`", ""));
    const purpose = wordsOf(partOf(page, "section", "purpose"));
    const glossary = wordsOf(partOf(page, "section", "glossary"));
    expect(GLOSSARY.length).toBeGreaterThan(20);
    for (const { term, definition, isInternal, isBasic } of GLOSSARY) {
      const plain = definition.replaceAll("`", "");
      expect(source).toContain(`- **${term}**: ${plain}`);
      const shown = `${term} ${plain.slice(0, 1).toUpperCase()}${plain.slice(1)}`;
      expect([purpose.includes(shown), glossary.includes(shown)]).toEqual([!!isBasic, !isBasic && !isInternal]);
    }
  });

  test("lists me and user before the other queries", () => {
    const queries = partOf(page, "section", "queries");
    expect(valuesOf(queries, /<article id="Query\.(\w+)"/g)).toEqual(
      expect.arrayContaining(["me", "user", "operation", "pixAuthorization", "pixCancellation"]),
    );
    expect(valuesOf(queries, /<article id="Query\.(\w+)"/g).slice(0, 2)).toEqual(["me", "user"]);
  });

  test.each([
    ["Query.me", "Returns User · Null if the token contains no valid member ID."],
    ["Query.user", "Returns User · Null only with an error."],
    ["Query.pixAuthorization", "Returns PixAuthorization · Null if it does not exist, or if the caller is neither"],
    ["Mutation.changeOffer", "Returns ChangeOfferPayload! · Never null."],
    ["Subscription.userEvents", "Sends UserEvent! · Never null."],
    ["Money", "amount returns String! The amount as decimal text"],
    ["CurrentOffer", "activatedAt returns DateTime When the offer took effect. nextBillingAt"],
    [
      "PixCancellation",
      "requesterType returns PersonType Whether the requester is a person or a company. requesterDocument",
    ],
    ["Operation", "failure returns UserError Why the operation failed. Null unless status is FAILED."],
  ])("says what %s returns, and what null means if its description does", (id, expected) => {
    expect(wordsOf(textOf(page, id))).toContain(expected);
  });

  test("links the type that a field returns", () => {
    expect(textOf(page, "User")).toContain('<a href="#Benefit">Benefit</a>');
  });

  test("has an entry for each code that a client can receive, with its message, its cause and what to do", () => {
    const codesIn = (file: string, pattern: RegExp) => valuesOf(readText(file), pattern);
    const codes = new Set([
      ...Object.keys(ERROR_CODES),
      ...codesIn("src/platform/graphql/error-formatter.ts", /^ {2}"([A-Z_]+)",$/gm),
      ...codesIn("src/platform/http/server/error-response.ts", /^ {2}([A-Z_]+): "/gm),
    ]);
    expect(codes.size).toBeGreaterThan(Object.keys(ERROR_CODES).length + 5);
    for (const code of codes) {
      const entry = wordsOf(textOf(page, `error-${code}`));
      const known = ERROR_CODES[code as ErrorCode] as { message: string; retryable: boolean } | undefined;
      expect(entry).toMatch(new RegExp(`${code} .*When [A-Z].*\\. What to do [A-Z].*\\.$`));
      expect(entry).toContain(known?.message ?? "");
      expect(entry.includes(`${code} retryable`)).toBe(known?.retryable ?? false);
    }
    expect(wordsOf(partOf(page, "section", "error-codes"))).not.toContain("](");
  });
});

describe("the meaning of null in a description", () => {
  test.each([
    ["A thing. Returns null if there is none. Costs nothing.", "A thing. Costs nothing.", "if there is none"],
    ["The reason. Null unless `status` is `FAILED`.", "The reason.", "unless `status` is `FAILED`"],
    ["Null until then.", "", "until then"],
    [
      "Empty if absent; null with an error if it failed. Costs one.",
      "Empty if absent. Costs one.",
      "with an error if it failed",
    ],
    [
      "A thing. Null if there is none; null with an error if it failed.",
      "A thing.",
      "if there is none; null with an error if it failed",
    ],
    ["The nullable thing.", "The nullable thing.", undefined],
  ])("is taken from %j", (description, text, meaning) => {
    expect(describeNull(description)).toEqual(meaning === undefined ? { text } : { text, meaning });
  });

  test("is found in each description of a field that mentions it", () => {
    const fields = Object.values(buildSchema(read("api.graphql")).getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
      .flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()) : []));
    const rests = fields.map(({ description }) => describeNull(description).text);
    expect(rests.length).toBeGreaterThan(100);
    expect(rests.filter((text) => /\bnull\b/i.test(text))).toEqual([]);
  });
});

describe("the reference of any schema", () => {
  const api = `
    "<b>Bold</b> & \`code <i>\`"
    type Query { search("What." text: String! = "<script>alert(1)</script>" @deprecated(reason: "Use \`other\`.")): Found old: Int @deprecated(reason: "Gone <soon>.") }
    union Found = Thing | Other
    interface Named { name: String }
    type Thing implements Named { name: String }
    "Another."
    type Other { at: Moment }
    scalar Moment @specifiedBy(url: "https://moment.test/\\"")
    type Subscription { thingChanged: Thing! }
  `;
  const page = render({ api, subgraph: "type Query { old: Int }" });

  test("escapes HTML in descriptions, defaults and reasons", () => {
    expect(page).not.toMatch(/<script>|<b>Bold|<i>|<soon>/);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).toContain('href="https://moment.test/&quot;"');
  });

  test("shows unions, interfaces, subscriptions and deprecations", () => {
    expect(textOf(page, "Found")).toMatch(/One of <a href="#Thing">Thing<\/a>\s+<a href="#Other">Other<\/a>/);
    expect(textOf(page, "Thing")).toContain('Implements <a href="#Named">Named</a>');
    expect(textOf(page, "Subscription.thingChanged")).toContain('<a href="#Thing">Thing</a>!');
    expect(textOf(page, "Query.old")).toContain("<b>Deprecated.</b> <p>Gone &lt;soon&gt;.</p>");
    expect(textOf(page, "Query.search")).toContain("<p>Use <code>other</code>.</p>");
  });
});
