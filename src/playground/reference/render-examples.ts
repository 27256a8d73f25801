import { html } from "../html";
import { describeClaims, type Example } from "../page/example-tabs";
import { renderCode } from "./prose";
import { type Section } from "./section";

/** The response of each example, by its name. */
export type Responses = Readonly<Record<string, unknown>>;

const WIDTH = 60;

/** JSON in which an object or a list is on one line if it fits. */
function formatJson(value: unknown, indent = ""): string {
  const line = JSON.stringify(value, undefined, 1).replace(/\n\s*/g, " ");
  if (typeof value !== "object" || value === null || indent.length + line.length <= WIDTH) return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => formatJson(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${formatJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${items.map((item) => `${inner}${item}`).join(",\n")}\n${indent}${close}`;
}

/** The comment above an operation, as one sentence, and the operation without it. */
function splitComment(query: string): { readonly comment: string; readonly operation: string } {
  const [, lines = "", operation = query] = /^((?:#[^\n]*\n)*)(.*)$/s.exec(query) ?? [];
  const comment = lines.replace(/^# ?/gm, "").trim().replaceAll("\n", " ");
  return { comment, operation: operation.trim() };
}

/** The name of the operation, which is also the title of its tab in the playground. */
const getTitle = ({ name, query }: Example) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? name;

function renderExample(example: Example, response: unknown) {
  const { name, query, variables, caller } = example;
  const { comment, operation } = splitComment(query);
  const title = getTitle(example);
  return html`<article id="example-${name}" class="example" data-search>
    <h3>${title}</h3>
    <p>${comment}</p>
    <p class="caller">
      <span>Caller: <code>${describeClaims(caller)}</code></span>
      <a class="open" href="/#example=${encodeURIComponent(name)}">Open in playground</a>
    </p>
    <div>
      ${renderCode("Document", { label: `the document of ${title}`, code: operation })}
      ${
        Object.keys(variables).length > 0 &&
        renderCode("Variables", { label: `the variables of ${title}`, code: formatJson(variables) })
      }
    </div>
    <div>${renderCode("Response", { label: `the response to ${title}`, code: formatJson(response) })}</div>
  </article> `;
}

export const createExampleSection = (examples: readonly Example[], responses: Responses): Section => ({
  title: "Examples",
  entries: examples.map((example) => ({ anchor: `example-${example.name}`, name: getTitle(example) })),
  body: html`<p>
      The responses were recorded in this order from a sandbox that had just started. IDs and dates differ with each
      run. A link to the playground fills the editor and sends nothing.
    </p>
    ${examples.map((example) => renderExample(example, responses[example.name]))}`,
});
