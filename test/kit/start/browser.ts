import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM_SCRIPT = join(__dirname, "../../../.ci/chromium.mjs");

/** Starts the machine's Chromium, which connects only to 127.0.0.1. Throws if there is none. */
export function startBrowser(): Promise<Browser> {
  const executablePath = execFileSync(process.execPath, [CHROMIUM_SCRIPT, "--path"], { encoding: "utf8" }).trim();
  return chromium.launch({
    executablePath,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"],
    chromiumSandbox: process.getuid?.() !== 0, // it refuses to run as root
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Every URL that it has requested, in order. */
  readonly requests: readonly string[];
  /** Requests to other origins, violations of the content policy, errors and warnings on the console. */
  readonly violations: readonly string[];
}

/** A page in a new profile; its requests and violations are recorded from the start. */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions): Promise<WatchedPage> {
  const context = await browser.newContext({ ...options, baseURL: origin });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000); // before the test's own, as it says for what it waited
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
  return { page, requests, violations };
}

/** How far the page is wider than the window, in CSS pixels; 0 where nothing is cut off or has to be scrolled sideways. */
export const measureOverflow = (page: Page) =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
