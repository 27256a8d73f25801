import { type Html, html } from "../html";
import { GLOSSARY } from "./glossary";
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

const PURPOSE = html`<article data-search>
  <p>
    A frontend shows a member's benefits and offer with <a href="#Query.me"><code>me</code></a
    >, moves the member to another offer with <a href="#Mutation.changeOffer"><code>changeOffer</code></a
    >, and shows and cancels recurring payments with
    <a href="#Query.pixAuthorization"><code>pixAuthorization</code></a> and
    <a href="#Mutation.cancelPixAuthorization"><code>cancelPixAuthorization</code></a
    >. Three words explain the rest:
  </p>
  <dl class="ideas">
    <div>
      <dt>Recurrence</dt>
      <dd>
        A series of payments that repeats, for example a monthly fee that is paid by Automatic Pix. Delbank names it
        with a <code>recurrenceId</code> of 29 characters.
      </dd>
    </div>
    <div>
      <dt>Authorization</dt>
      <dd>
        The payer's permission for one recurrence: <a href="#PixAuthorization">PixAuthorization</a>. While it is active,
        the payments are collected. Once it is cancelled, no more are.
      </dd>
    </div>
    <div>
      <dt>Operation</dt>
      <dd>
        A mutation request and its outcome: <a href="#Operation">Operation</a>. Your <code>idempotencyKey</code> names
        it. If a response is lost, send the same request again: it has no second effect.
      </dd>
    </div>
  </dl>
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
        html`Optional. If it prefers <code>application/graphql-response+json</code>, a request that is refused as a
          whole has the status 4xx or 503; otherwise a well-formed request has the status 200. The
          <a href="#error-codes">code</a> is the same: branch on it.`,
      ],
      [
        html`Pages of other origins`,
        mode === "sandbox"
          ? html`Any loopback origin, or those in <code>CORS_ORIGINS</code>. Send no cookies.`
          : html`The router decides which origins it allows. Send no cookies.`,
      ],
      [
        html`Subscriptions`,
        html`The same request with <code>accept: text/event-stream</code>, which is answered with server-sent events; or
          a WebSocket at the same URL, with the subprotocol <code>graphql-transport-ws</code> and the token in the
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

/** The documentation writes these texts after a colon; here they begin a line. */
const renderCapitalized = (text: string) => renderInline(text.slice(0, 1).toUpperCase() + text.slice(1));

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
  html`<dl class="glossary">
    ${GLOSSARY.filter(({ isInternal }) => !isInternal).map(
      ({ term, definition }) =>
        html`<div data-search>
          <dt>${term}</dt>
          <dd>${renderCapitalized(definition)}</dd>
        </div> `,
    )}
  </dl>`;

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
