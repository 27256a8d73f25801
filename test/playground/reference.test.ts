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
import { readExamples } from "../../src/playground/examples";
import { renderReference, type ReferenceOptions } from "../../src/playground/reference/render-reference";

const SCHEMA = join(__dirname, "../../schema");
const read = (file: string) => readFileSync(join(SCHEMA, file), "utf8");
const examples = readExamples(join(SCHEMA, "operations"));

const render = (options: Partial<ReferenceOptions> = {}) =>
  renderReference({ api: read("api.graphql"), subgraph: read("subgraph.graphql"), examples, style: "", ...options });

const valuesOf = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].map(([, value = ""]) => value);
const anchorsOf = (page: string) => valuesOf(page, /\sid="([^"]*)"/g);
const textOf = (page: string, id: string) => {
  const start = page.indexOf(`<article id="${id}"`);
  return page.slice(start, page.indexOf("</article>", start));
};

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
    expect(links.filter((link) => !anchors.has(link))).toEqual(["/favicon.svg", "/"]);
    expect(valuesOf(page, /\ssrc="([^"]*)"/g)).toEqual(["/playground/search.js"]);
  });

  test("shows the token and scopes that the federated schema requires", () => {
    expect(textOf(page, "Mutation.cancelPixAuthorization")).toContain(
      '<span class="badge">scope pix:cancel or pix:cancel:any</span>',
    );
    expect(textOf(page, "Query.me")).toContain('<span class="badge">token</span>');
    expect(textOf(page, "Query.me")).not.toContain("scope");
    expect(textOf(page, "Benefit")).toContain('<span class="badge">entity by userId id</span>');
  });

  test("contains the example operations with their callers and variables", () => {
    expect(examples).toHaveLength(5);
    for (const { name, caller } of examples) {
      expect(textOf(page, `example-${name}`)).toContain(`sub ${caller["sub"] ?? "?"}`);
    }
    expect(textOf(page, "example-change-offer")).toContain("&quot;direction&quot;: &quot;UPGRADE&quot;");
  });

  test("contains every error code with its message", () => {
    const rows = page.replace(/>\s+</g, "><");
    for (const [code, { message }] of Object.entries(ERROR_CODES) as [ErrorCode, { message: string }][]) {
      expect(rows).toContain(`<td><code>${code}</code></td><td>${message}</td>`);
    }
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
