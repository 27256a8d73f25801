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
import { Html, html } from "../html";
import { type Example } from "../page/example-tabs";
import { readAccess } from "./access";
import { renderProse } from "./prose";
import { createErrorSection } from "./render-errors";
import { createExampleSection, type Responses } from "./render-examples";
import { createStartSections, type ReferenceMode } from "./render-start";
import { type AccessByPath, renderRootField, renderType } from "./render-type";
import { type Section, toSlug } from "./section";

export interface ReferenceOptions {
  readonly mode: ReferenceMode;
  /** The SDL that clients see. The page contains each of its types and fields. */
  readonly api: string;
  /** The SDL that routers compose, with the required tokens and scopes. */
  readonly subgraph: string;
  readonly examples: readonly Example[];
  readonly responses: Responses;
  /** CSS for the page's head. */
  readonly style: string;
}

/** The fields with which most frontends begin. */
const FIRST_FIELDS = ["me", "user"];

function createRootSection(title: string, root: GraphQLObjectType, access: AccessByPath): Section {
  const fields = root.getFields();
  const first = FIRST_FIELDS.flatMap((name) => fields[name] ?? []);
  const entries = [...first, ...Object.values(fields).filter((field) => !first.includes(field))].map((field) => ({
    field,
    anchor: `${root.name}.${field.name}`,
  }));
  const verb = title === "Subscriptions" ? "Sends" : "Returns";
  return {
    title,
    entries: entries.map(({ field, anchor }) => ({ anchor, name: field.name })),
    body: html`${entries.map(({ field, anchor }) => renderRootField(field, { path: anchor, access, verb }))}`,
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
    body: html`${
      title === "Types" &&
      html`<p>
        A type that ends in <code>!</code> is never null. A field that can be null is also null if it failed: then
        <code>errors</code> has an entry with the field's <code>path</code> and a <a href="#error-codes">code</a>.
      </p>`
    }${sorted.map((type) => renderType(type, access))}`,
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

const renderSection = ({ title, body }: Section) =>
  html`<section id="${toSlug(title)}" aria-labelledby="${toSlug(title)}-title">
    <h2 id="${toSlug(title)}-title">${title}</h2>
    ${body}
  </section> `;

const renderContents = (sections: readonly Section[]) =>
  html`<nav aria-label="Contents">
    <ul>
      ${sections.map(
        ({ title, entries }) =>
          html`<li>
            <a class="part" href="#${toSlug(title)}">${title}</a>
            ${
              entries.length > 0 &&
              html`<ul>
                ${entries.map(({ anchor, name }) => html`<li><a href="#${anchor}">${name}</a></li>`)}
              </ul>`
            }
          </li> `,
      )}
    </ul>
  </nav>`;

/** Renders the reference as one page, which needs no network, and a script only to search and to copy. */
export function renderReference({ mode, api, subgraph, examples, responses, style }: ReferenceOptions): string {
  const schema = buildSchema(api);
  const access = readAccess(subgraph);
  const sections = [
    ...createStartSections(mode),
    ...getRootTypes(schema).map(({ title, root }) => createRootSection(title, root, access)),
    createExampleSection(examples, responses),
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
        <script src="/playground/reference.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <a class="brand" href="#content">Benefits &amp; Pix</a>
          <search hidden>
            <label>Search <input type="search" autocomplete="off" spellcheck="false" /></label>
            <output></output>
          </search>
          <a class="button" href="/">Playground</a>
        </header>
        <p id="copied" class="unseen" role="status"></p>
        <div class="columns">
          ${renderContents(sections)}
          <main id="content" tabindex="-1">
            <h1>Benefits &amp; Pix API</h1>
            <div class="lead">
              ${renderProse(schema.description)}
              ${mode === "live" && html`<p class="note">This server has no developer tokens. Unless its providers are simulated, mutations change members' benefits and cancel payments.</p>`}
            </div>
            <div id="no-hits" hidden>
              <p>No entry contains <b></b>.</p>
              <p>
                The search finds the entries that contain every word. Try fewer words, or go to the
                <a href="#queries">queries</a>, the <a href="#examples">examples</a> or the
                <a href="#error-codes">error codes</a>.
              </p>
              <button type="button">Show all entries</button>
            </div>
            ${sections.map(renderSection)}
          </main>
        </div>
      </body>
    </html> `.text;
}
