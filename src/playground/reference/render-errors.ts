import { ERROR_CODES } from "../../platform/errors/subgraph-error";
import { html } from "../html";
import { ERROR_GUIDE, type ErrorGuidance, PROTOCOL_ERROR_GUIDE } from "./error-guide";
import { dropLinks, renderInline } from "./prose";
import { type Section } from "./section";

interface DocumentedCode extends ErrorGuidance {
  readonly code: string;
  /** Undefined if the message depends on the request. */
  readonly message?: string;
  readonly retryable: boolean;
}

/** Every code that a client can receive, those of our own first. */
const CODES: readonly DocumentedCode[] = [
  ...Object.entries(ERROR_CODES).map(([code, known]) => ({
    code,
    ...known,
    ...ERROR_GUIDE[code as keyof typeof ERROR_CODES],
  })),
  ...Object.entries(PROTOCOL_ERROR_GUIDE).map(([code, guidance]) => ({ code, retryable: false, ...guidance })),
];

const renderCode = ({ code, message, retryable, when, whatToDo }: DocumentedCode) =>
  html`<article id="error-${code}" class="error" data-search>
    <h3><code>${code}</code> ${retryable && html`<span class="badge">retryable</span>`}</h3>
    ${message !== undefined && html`<p class="message">${message}</p>`}
    <dl class="pairs">
      <div>
        <dt>When</dt>
        <dd>${renderInline(dropLinks(when))}</dd>
      </div>
      <div>
        <dt>What to do</dt>
        <dd>${renderInline(dropLinks(whatToDo))}</dd>
      </div>
    </dl>
  </article> `;

export const createErrorSection = (): Section => ({
  title: "Error codes",
  entries: CODES.map(({ code }) => ({ anchor: `error-${code}`, name: code })),
  body: html`<p>
      Every error has <code>extensions.code</code>, <code>extensions.retryable</code> (whether the same request can
      succeed later) and <code>extensions.requestId</code>. What a user can act on is not an error but data: the
      <code>userErrors</code> of a mutation, with a <a href="#UserErrorCode">UserErrorCode</a>.
    </p>
    ${CODES.map(renderCode)}`,
});
