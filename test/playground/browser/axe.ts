import { readFileSync } from "node:fs";
import { type AxeResults } from "axe-core";
import { type Page } from "playwright-core";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** A fault of a library that cannot be mended from outside. */
export interface AcceptedFinding {
  readonly rule: string;
  /** A part of the element's HTML. */
  readonly html: string;
  readonly reason: string;
}

/**
 * The serious and critical findings of axe-core on the page as it is, one line each, without the accepted ones; those are added to
 * `used`. Chromium evaluates the script for the debugger, so that the page's content policy stays as it is.
 */
export async function findBarriers(
  page: Page,
  accepted: readonly AcceptedFinding[],
  used: Set<AcceptedFinding>,
): Promise<readonly string[]> {
  if (await page.evaluate<boolean>("typeof axe === 'undefined'")) await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.flatMap(({ html, failureSummary = "" }) => {
        const exception = accepted.find((one) => one.rule === id && html.includes(one.html));
        if (exception) used.add(exception);
        return exception ? [] : [`${id}: ${html.slice(0, 200)} ${failureSummary}`];
      }),
    );
}
