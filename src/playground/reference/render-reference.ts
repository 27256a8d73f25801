import {
  buildSchema,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isScalarType,
  isSpecifiedScalarType,
} from "graphql";
import { ERROR_CODES } from "../../platform/errors/subgraph-error";
import { Html, html } from "../html";
import { describeClaims, type Example } from "../page/example-tabs";
import { readAccess } from "./access";
import { type AccessByPath, renderProse, renderRootField, renderType } from "./render-type";

export interface ReferenceOptions {
  /** The SDL that clients see. The page contains each of its types and fields. */
  readonly api: string;
  /** The SDL that routers compose, with the required tokens and scopes. */
  readonly subgraph: string;
  readonly examples: readonly Example[];
  /** CSS for the page's head. */
  readonly style: string;
}

interface Section {
  readonly title: string;
  readonly entries: readonly { readonly anchor: string; readonly name: string }[];
  readonly body: Html;
}

const toSlug = (title: string) => title.toLowerCase().replaceAll(" ", "-");

function createRootSection(title: string, root: GraphQLObjectType, access: AccessByPath): Section {
  const fields = Object.values(root.getFields()).map((field) => ({ field, anchor: `${root.name}.${field.name}` }));
  return {
    title,
    entries: fields.map(({ field, anchor }) => ({ anchor, name: field.name })),
    body: html`${fields.map(({ field, anchor }) => renderRootField(field, anchor, access))}`,
  };
}

const getRootTypes = (schema: GraphQLSchema) =>
  [
    { title: "Queries", root: schema.getQueryType() },
    { title: "Mutations", root: schema.getMutationType() },
    { title: "Subscriptions", root: schema.getSubscriptionType() },
  ].flatMap(({ title, root }) => (root ? [{ title, root }] : []));

function createTypeSection(title: string, types: readonly GraphQLNamedType[], access: AccessByPath): Section {
  const sorted = [...types].sort((a, b) => a.name.localeCompare(b.name, "en"));
  return {
    title,
    entries: sorted.map(({ name }) => ({ anchor: name, name })),
    body: html`${sorted.map((type) => renderType(type, access))}`,
  };
}

function createTypeSections(schema: GraphQLSchema, access: AccessByPath): Section[] {
  const roots = new Set<GraphQLNamedType>(getRootTypes(schema).map(({ root }) => root));
  const types = Object.values(schema.getTypeMap()).filter((type) => !roots.has(type) && !isIntrospectionType(type));
  const isOther = (type: GraphQLNamedType) => !isInputObjectType(type) && !isEnumType(type) && !isScalarType(type);
  const scalars = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  return [
    createTypeSection("Types", types.filter(isOther), access),
    createTypeSection("Inputs", types.filter(isInputObjectType), access),
    createTypeSection("Enums", types.filter(isEnumType), access),
    createTypeSection("Scalars", scalars, access),
  ].filter(({ entries }) => entries.length > 0);
}

const createExampleSection = (examples: readonly Example[]): Section => ({
  title: "Examples",
  entries: examples.map(({ name }) => ({ anchor: `example-${name}`, name })),
  body: html`${examples.map(
    ({ name, query, variables, caller }) =>
      html`<article id="example-${name}" data-search>
        <h3>${name}</h3>
        <p>Caller: <code>${describeClaims(caller)}</code></p>
        <pre><code>${query.trim()}</code></pre>
        ${
          Object.keys(variables).length > 0 &&
          html`<p>Variables</p>
            <pre><code>${JSON.stringify(variables, undefined, 2)}</code></pre>`
        }
      </article> `,
  )}`,
});

const createErrorSection = (): Section => ({
  title: "Error codes",
  entries: [],
  body: html`<p>
      Every error has <code>extensions.code</code>, <code>extensions.retryable</code> (whether the same request can
      succeed later) and <code>extensions.requestId</code>. What a user can act on is not an error but data: the
      <code>userErrors</code> of a mutation, with a <a href="#UserErrorCode">UserErrorCode</a>.
    </p>
    <article data-search>
      <div class="scrolled" role="region" aria-label="Error codes" tabindex="0">
        <table>
          <thead>
            <tr>
              <th>code</th>
              <th>message</th>
              <th>retryable</th>
            </tr>
          </thead>
          <tbody>
            ${Object.entries(ERROR_CODES).map(
              ([code, { message, retryable }]) =>
                html`<tr>
                  <td><code>${code}</code></td>
                  <td>${message}</td>
                  <td>${retryable ? "yes" : "no"}</td>
                </tr> `,
            )}
          </tbody>
        </table>
      </div>
    </article>`,
});

const renderSection = ({ title, body }: Section) =>
  html`<section id="${toSlug(title)}">
    <h2>${title}</h2>
    ${body}
  </section> `;

const renderContents = (sections: readonly Section[]) =>
  html`<nav aria-label="Contents">
    ${sections.map(
      ({ title, entries }) =>
        html`<h2><a href="#${toSlug(title)}">${title}</a></h2>
          <ul>
            ${entries.map(({ anchor, name }) => html`<li><a href="#${anchor}">${name}</a></li>`)}
          </ul> `,
    )}
  </nav>`;

/** Renders the schema reference as one page, which needs no network, and a script only for its search. */
export function renderReference({ api, subgraph, examples, style }: ReferenceOptions): string {
  const schema = buildSchema(api);
  const access = readAccess(subgraph);
  const sections = [
    ...getRootTypes(schema).map(({ title, root }) => createRootSection(title, root, access)),
    createExampleSection(examples),
    createErrorSection(),
    ...createTypeSections(schema, access),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Benefits &amp; Pix: API reference</title>
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        <style>
          ${new Html(style)}
        </style>
        <script src="/playground/search.js" defer></script>
      </head>
      <body>
        <header>
          <h1>Benefits &amp; Pix: API reference</h1>
          <search hidden>
            <label>Search <input type="search" autocomplete="off" spellcheck="false" /></label> <output></output>
          </search>
          <a href="/">Playground</a>
        </header>
        <div class="columns">
          ${renderContents(sections)}
          <main>${renderProse(schema.description)}${sections.map(renderSection)}</main>
        </div>
      </body>
    </html> `.text;
}
