import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM_SCRIPT = join(__dirname, "../../../.ci/chromium.mjs");

/** Ends the wait for an element that never appears. Less than the test's own timeout, because its error names the element. */
const WAIT_MS = 120_000;

/** Starts Chromium at CHROMIUM_PATH, which `npm test` sets, or the one that .ci/chromium.mjs finds. It connects only to 127.0.0.1. */
export function startBrowser(): Promise<Browser> {
  const executablePath =
    process.env["CHROMIUM_PATH"] ??
    execFileSync(process.execPath, [CHROMIUM_SCRIPT, "--path"], { encoding: "utf8" }).trim();
  return chromium.launch({
    executablePath,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"],
    // Root, most containers and Ubuntu's AppArmor cannot use the sandbox, and only the pages of this repository are opened.
    chromiumSandbox: false,
    timeout: WAIT_MS,
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Every URL that it has requested, in order. */
  readonly requests: readonly string[];
  /** Removes and returns the requests to other origins, violations of the content policy, errors and warnings on the console. */
  readonly takeViolations: () => readonly string[];
}

/** A page in a new profile; its requests and violations are recorded from the start. */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions): Promise<WatchedPage> {
  const context = await browser.newContext({ ...options, baseURL: origin });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const requests: string[] = [];
  const violations: string[] = [];
  context.on("request", (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) {
      violations.push(`a request to ${request.url()}`);
    }
  });
  // A violation of the content policy is an error on the console.
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) violations.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => violations.push(`uncaught: ${error.message}`));
  return { page, requests, takeViolations: () => violations.splice(0) };
}

/** How far the page is wider than the window, in CSS pixels; 0 if nothing is cut off or must be scrolled sideways. */
export const measureOverflow = (page: Page) =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
