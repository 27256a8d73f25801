import { type Html, html } from "../html";

/** Renders text between backticks as code. */
export const renderInline = (text: string): Html =>
  html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;

/** Renders a description: paragraphs, and text between backticks as code. */
export const renderProse = (text: string | null | undefined): Html =>
  html`${(text ?? "")
    .split(/\n{2,}/)
    .filter(Boolean)
    .map((paragraph) => html`<p>${renderInline(paragraph)}</p>`)}`;

/** Text without its Markdown links, whose targets are files of the repository. */
export const dropLinks = (markdown: string): string => markdown.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");

/** Renders code that can be copied, in a box that scrolls, below its title. `label` names it to a screen reader. */
export const renderCode = (title: string, { label, code }: { readonly label: string; readonly code: Html | string }) =>
  html`<div class="code">
    <div class="code-title">
      <h4>${title}</h4>
      <button type="button" class="copy" hidden><span>Copy</span><span class="unseen"> ${label}</span></button>
    </div>
    <pre tabindex="0" role="group" aria-label="${label}"><code>${code}</code></pre>
  </div>`;
