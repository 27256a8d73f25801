import { type Html, html } from "../html";
import { GLOSSARY, type Term } from "./glossary";
import { renderCode, renderInline } from "./prose";
import { SEED_AUTHORIZATIONS, SEED_MEMBERS, SEED_PAYER_TAX_ID, type Seed, UNKNOWN_MEMBERS } from "./sandbox-seeds";
import { type Section } from "./section";

/** Whether the server simulates its providers and issues developer tokens. */
export type ReferenceMode = "sandbox" | "live";

/** Where `npm start` listens. The page's script replaces it with the page's own origin. */
const ORIGIN = html`<span data-origin>http://127.0.0.1:4001</span>`;
const ENDPOINT = html`${ORIGIN}/graphql`;

const renderPairs = (pairs: readonly (readonly [Html, Html])[]) =>
  html`<dl class="pairs">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl>`;

/** The documentation writes these texts after a colon; here they begin a line. */
const renderCapitalized = (text: string) => renderInline(text.slice(0, 1).toUpperCase() + text.slice(1));

const renderTerms = (isIncluded: (term: Term) => boolean) =>
  GLOSSARY.filter(isIncluded).map(
    ({ term, definition }) =>
      html`<div data-search>
        <dt>${term}</dt>
        <dd>${renderCapitalized(definition)}</dd>
      </div> `,
  );

const PURPOSE = html`<article>
  <p data-search>
    A frontend shows a member's benefits and offer with <a href="#Query.me"><code>me</code></a
    >, moves the member to another offer with <a href="#Mutation.changeOffer"><code>changeOffer</code></a
    >, and shows and cancels recurring payments with
    <a href="#Query.pixAuthorization"><code>pixAuthorization</code></a> and
    <a href="#Mutation.cancelPixAuthorization"><code>cancelPixAuthorization</code></a
    >. Three words explain the rest:
  </p>
  <dl class="ideas">${renderTerms(({ isBasic }) => isBasic === true)}</dl>
</article>`;

const createEndpointBody = (mode: ReferenceMode) =>
  html`<article data-search>
    ${renderPairs([
      [html`URL`, html`<code class="url">${ENDPOINT}</code>`],
      [
        html`Method`,
        html`<code>POST</code>, with one JSON object: <code>query</code>, <code>variables</code>,
          <code>operationName</code>`,
      ],
      [html`Header <code>content-type</code>`, html`<code>application/json</code>`],
      [
        html`Header <code>authorization</code>`,
        html`<code>Bearer</code> and the <a href="#token">token</a>; every field requires it`,
      ],
      [
        html`Header <code>x-request-id</code>`,
        html`Optional: 8 to 64 letters, digits, <code>.</code>, <code>_</code> or <code>-</code>. An error repeats it as
          <code>extensions.requestId</code>.`,
      ],
      [
        html`Header <code>accept</code>`,
        html`Optional. If it prefers <code>application/graphql-response+json</code>, a GraphQL request that is refused
          as a whole has the status 4xx or 503. Otherwise the response is <code>application/json</code>, with the status
          200. A request that is not a GraphQL request, or that arrives during an overload, is refused with the same
          status in both cases. The <a href="#error-codes">code</a> is always the same: branch on it, never on the
          status.`,
      ],
      [
        html`Pages of other origins (CORS)`,
        html`${
            mode === "sandbox"
              ? html`A page of any loopback origin, such as <code>http://localhost:5173</code>, can send requests, read
                  the responses and open WebSockets. <code>CORS_ORIGINS</code> lists other origins, and replaces this
                  default.`
              : html`The router decides which origins it allows.`
          }
          Leave <code>credentials</code> at its default: the API reads no cookies.`,
      ],
      [
        html`Subscriptions`,
        html`A WebSocket at the same URL, with the subprotocol <code>graphql-transport-ws</code> and the token in the
          payload of <code>connection_init</code>`,
      ],
    ])}
    ${
      mode === "live" &&
      html`<p>
        In live mode, the subgraph accepts requests of its router only. A frontend sends its requests to the router's
        URL instead, with the same method and headers.
      </p>`
    }
  </article>`;

/** Lines as they are: the formatter reflows a template. */
const COMMANDS = html`${[
  ...["TOKEN=$(curl -s '", ORIGIN, "/dev/token?sub=u-1001' | cut -d'\"' -f4)\n\n"],
  ...["curl -s ", ENDPOINT, " \\\n  -H 'content-type: application/json' \\\n"],
  '  -H "authorization: Bearer $TOKEN" \\\n',
  `  -d '{"query":"{ me { id currentOffer { offer { name } } } }"}'`,
]}`;

const DEVELOPER_TOKEN = html`<article data-search>
  <h3>From the sandbox</h3>
  <p>
    In the sandbox, <code>GET /dev/token</code> returns a signed token for any claims. It is valid for 12 hours. These
    commands read a member's offer:
  </p>
  ${renderCode("Shell", { label: "the commands that get a token and send a query", code: COMMANDS })}
  ${renderPairs([
    [html`<code>sub</code>`, html`The member's ID`],
    [
      html`<code>tax_id</code>`,
      html`The caller's CPF or CNPJ, with all digits. It identifies the payer and the beneficiary.`,
    ],
    [
      html`<code>scope</code>`,
      html`Scopes beyond access to the caller's own data, separated by spaces. The fields that need one show it.`,
    ],
  ])}
</article>`;

const PROVIDER_TOKEN = html`<article data-search>
  <h3>From your identity provider</h3>
  <p>
    Your identity provider issues the token when the member signs in. Send it as
    <code>authorization: Bearer …</code> with each request. The token identifies the member, and as payer or beneficiary
    by tax ID; its scopes allow what the fields below name. If it is missing or has expired, the response has the code
    <a href="#error-UNAUTHENTICATED"><code>UNAUTHENTICATED</code></a
    >.
  </p>
</article>`;

const toPairs = (seeds: readonly Seed[]) =>
  seeds.map(({ id, state }) => [html`<code>${id}</code>`, renderCapitalized(state)] as const);

const SEEDS = html`<article data-search>
    <h3>Members</h3>
    ${renderPairs([...toPairs(SEED_MEMBERS), [html`Others`, renderCapitalized(UNKNOWN_MEMBERS)]])}
  </article>
  <article data-search>
    <h3>Authorizations</h3>
    <p>
      Unless another one is named, the payer is the member <code>u-1001</code>, with the tax ID
      <code>${SEED_PAYER_TAX_ID}</code>.
    </p>
    ${renderPairs(toPairs(SEED_AUTHORIZATIONS))}
  </article>`;

const renderGlossary = () =>
  html`<dl class="glossary">${renderTerms(({ isBasic, isInternal }) => !isBasic && !isInternal)}</dl>`;

/** What a reader needs before the first request. */
export function createStartSections(mode: ReferenceMode): readonly Section[] {
  const withoutEntries = (title: string, body: Html): Section => ({ title, entries: [], body });
  return [
    withoutEntries("Purpose", PURPOSE),
    withoutEntries("Endpoint", createEndpointBody(mode)),
    withoutEntries("Token", mode === "sandbox" ? DEVELOPER_TOKEN : PROVIDER_TOKEN),
    ...(mode === "sandbox" ? [withoutEntries("Sandbox data", SEEDS)] : []),
    withoutEntries("Glossary", renderGlossary()),
  ];
}
