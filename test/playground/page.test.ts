import { randomUUID } from "node:crypto";
import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { type Graphiql, openGraphiqlPage } from "../kit/graphiql";
import { startBrowser, openPage, measureOverflow, type WatchedPage } from "../kit/start/browser";
import { waitForGauge } from "../kit/http/metrics";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { postWebhook } from "../kit/http/webhooks";

const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const EXAMPLES = ["MemberBenefits", "PixAuthorization", "ChangeOffer", "CancelPixAuthorization", "MemberOperations"];
const SUBSCRIPTION = "MemberEvents";

let browser: Browser;
let subgraph: TestSubgraph;
let open: (WatchedPage & Graphiql)[] = [];

beforeAll(async () => {
  [browser, subgraph] = await Promise.all([startBrowser(), startSubgraph({ EXPOSE_UPSTREAM_COST: "true" })]);
});
afterAll(async () => {
  await browser.close();
  await subgraph.stop();
});
beforeEach(async () => {
  await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
});
afterEach(async () => {
  const complaints = open.flatMap((one) => one.violations);
  await Promise.all(open.map(({ page }) => page.context().close()));
  open = [];
  expect(complaints).toEqual([]); // of no page, whatever was done there
});

async function visit(options: BrowserContextOptions = WIDE, origin = subgraph.url): Promise<WatchedPage & Graphiql> {
  const watched = await openPage(browser, origin, options);
  const visited = { ...watched, ...(await openGraphiqlPage(watched.page)) };
  open.push(visited);
  return visited;
}

describe("the playground", () => {
  test("opens with the examples in tabs, and asks nobody but its own server", async () => {
    const { page, requests, readEditor } = await visit();
    expect(await page.getByRole("tab").allInnerTexts()).toEqual([...EXAMPLES, SUBSCRIPTION]);
    expect(await readEditor("Operation Editor")).toMatch(/^# Caller: sub u-1001\n/);
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((url) => !/^(http:\/\/127\.0\.0\.1:\d+\/|data:)/.test(url))).toEqual([]);
  });

  test("runs a query by a click: one provider call, and the line below the answer says so", async () => {
    const { page, run, responseBar } = await visit();
    await subgraph.avibra.clearRequests();
    const { data } = await run();
    expect(data.me.currentOffer.offer.name).toBe("Plus");
    await page.getByRole("region", { name: "Result Window" }).filter({ hasText: "Plus" }).waitFor();
    expect(await responseBar.innerText()).toMatch(/^1 provider call · 0 retries · 0 cached · \d+ ms\s+Member u-1001/);
    const received = await subgraph.avibra.requests();
    expect(received.filter(({ path }) => path.includes("u-1001"))).toHaveLength(1);
  });

  test("a subscription shows each event as it comes, until it is stopped", async () => {
    const { page, openTab } = await visit();
    await openTab(SUBSCRIPTION);
    await page.getByRole("button", { name: /^Execute query/ }).click();
    await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
    const response = page.getByRole("region", { name: "Result Window" });
    await waitFor(async () => {
      // Until it has looked at what there was it hears nothing; each of these is an event of its own.
      await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: "u-1001" }, { key: randomUUID() });
      return (await response.innerText()).includes("ENROLLMENT_SUCCESSFUL") || undefined;
    });
    await page.getByRole("button", { name: /^Stop query/ }).click();
    await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
  });

  test("runs every example without an error, as the caller that it opens with", async () => {
    const { openTab, run } = await visit();
    for (const title of EXAMPLES) {
      await openTab(title);
      const { errors, data } = await run();
      const [{ userErrors = [] }] = Object.values(data) as [{ userErrors?: unknown[] }];
      expect({ title, errors, userErrors }).toEqual({ title, userErrors: [] });
    }
  });

  test("runs what has just been written, though its name was another one a moment ago", async () => {
    const { page } = await visit();
    await page.getByRole("region", { name: "Operation Editor", exact: true }).locator(".monaco-editor").first().click();
    await page.keyboard.press("ControlOrMeta+A");
    const answer = page.waitForResponse((one) => one.request().postData()?.includes("JustWritten") ?? false);
    await page.keyboard.insertText("query JustWritten { me { id } }");
    await page.keyboard.press("ControlOrMeta+Enter");
    expect(await (await answer).json()).toMatchObject({ data: { me: { id: "u-1001" } } });
  });

  test("a mutation clicked twice has one effect; a page opened anew has keys of its own", async () => {
    const first = await visit();
    await first.openTab("CancelPixAuthorization");
    const answers = [await first.run(), await first.run()];
    expect(answers.map(({ data }) => data.cancelPixAuthorization.operation.status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect((await subgraph.delbank.state()).commits).toHaveLength(1);
    const second = await visit();
    await second.openTab("CancelPixAuthorization");
    const keyOf = async ({ readEditor }: Graphiql) =>
      /"idempotencyKey": "(cancel-1-\w+)"/.exec(await readEditor("Variables"))?.[1];
    expect(await keyOf(first)).toMatch(/^cancel-1-\w+$/);
    expect(await keyOf(second)).not.toBe(await keyOf(first));
  });

  test("shows each tab's own cost", async () => {
    const { run, openTab, responseBar } = await visit();
    await run();
    await openTab("MemberOperations");
    expect(await responseBar.innerText()).toBe("");
    await run();
    expect(await responseBar.innerText()).toMatch(/^0 provider calls/);
    await openTab("MemberBenefits");
    expect(await responseBar.innerText()).toMatch(/^1 provider call /);
  });

  test("the explorer puts a ticked field into the operation", async () => {
    const { page, run } = await visit();
    await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
    expect((await run()).data.me.currentOffer).not.toHaveProperty("providerStatus");
    await page.locator(".graphiql-plugin").getByText("providerStatus", { exact: true }).first().click();
    expect(JSON.stringify((await run()).data)).toContain('"providerStatus":"ACTIVE"');
  });

  test("the documentation is there to read", async () => {
    const { page } = await visit();
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.locator(".graphiql-plugin").getByText("Mutation", { exact: true }).click();
    await page.getByText("Moves a member to another offer.").waitFor();
  });
});

describe("the chooser of callers", () => {
  test("another caller gets another answer, in every tab", async () => {
    const { selectCaller, run, openTab, responseBar } = await visit();
    expect((await run()).data.me.id).toBe("u-1001");
    await selectCaller(/u-1002/);
    const { data } = await run();
    expect(data.me).toMatchObject({ id: "u-1002", currentOffer: { offer: { name: "Basic" } } });
    expect(await responseBar.innerText()).toContain("Another member, u-1002");
    await openTab("PixAuthorization");
    expect((await run()).data).toEqual({ pixAuthorization: null });
    await selectCaller(/everybody/);
    expect((await run()).data.pixAuthorization).toMatchObject({ payer: { document: "***.232.170-**" } });
    await selectCaller(/in full/);
    expect((await run()).data.pixAuthorization).toMatchObject({ payer: { document: "04623217035" } });
  });

  test("nobody is told that a token is needed, in the answer and in the line below", async () => {
    const { selectCaller, run, responseBar } = await visit();
    await selectCaller(/Anonymous/);
    expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect(await responseBar.innerText()).toMatch(/^1 error: UNAUTHENTICATED · 0 provider calls/);
  });

  test("what is typed as headers stays and is sent; an Authorization there wins over the chosen caller", async () => {
    const { fillEditor, readEditor, selectCaller, run, openTab, responseBar, page } = await visit();
    const token = await subgraph.token({ sub: "u-1003" });
    const typed = `{ "x-request-id": "typed-by-hand-1", "Authorization": "Bearer ${token}" }`;
    await fillEditor("Headers", typed);
    await selectCaller(/u-1002/);
    const sent = page.waitForRequest((request) => request.method() === "POST");
    expect((await run()).data.me.id).toBe("u-1003");
    expect((await sent).headers()["x-request-id"]).toBe("typed-by-hand-1");
    expect(await responseBar.innerText()).not.toContain("u-1002");
    await openTab("MemberOperations");
    expect((await run()).data.me.id).toBe("u-1002");
    await openTab("MemberBenefits");
    expect(await readEditor("Headers")).toContain("typed-by-hand-1");
  });

  test("a token that cannot be had is told, and asked for again with the next choice", async () => {
    const { page, selectCaller, run } = await visit();
    await page.route("**/dev/token*", (route) => route.fulfill({ json: {} }));
    await selectCaller(/u-1002/);
    const notice = page.getByText("The developer token could not be fetched (the response contains no token).");
    await notice.waitFor();
    expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    await page.unroute("**/dev/token*");
    await selectCaller(/u-1001/);
    await notice.waitFor({ state: "detached" });
    expect((await run()).data.me.id).toBe("u-1001");
  });

  test("no token is kept in the browser, neither the chosen caller's nor one that was typed", async () => {
    const { page, run, fillEditor, openTab } = await visit();
    await fillEditor("Headers", `{ "Authorization": "Bearer ${await subgraph.token({ sub: "u-1003" })}" }`);
    await run();
    await openTab("MemberOperations");
    await run();
    // What is kept is written a little later.
    const keptTab = () =>
      page.evaluate<number>("JSON.parse(sessionStorage.getItem('graphiql:tabState')).activeTabIndex");
    await waitFor(async () => (await keptTab()) === 4 || undefined);
    const kept = await page.evaluate<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
    expect(kept).not.toMatch(/eyJ|Bearer/);
  });
});

describe("in live mode", () => {
  const ROUTER_SECRET = "router-secret-of-the-playground-test";
  let live: TestSubgraph;
  beforeAll(async () => {
    live = await startSubgraph({
      PROVIDERS: "live",
      PLAYGROUND: "true",
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: "http://127.0.0.1:9/jwks.json",
      AUTH_ISSUER: "https://issuer.test",
      AUTH_AUDIENCE: "benefits",
    });
  });
  afterAll(async () => {
    await live.stop();
  });

  test("there is no chooser and no token: it says so, and asks for none", async () => {
    const options = { ...WIDE, extraHTTPHeaders: { "router-authorization": ROUTER_SECRET } };
    const { page, requests, callerSelect, run } = await visit(options, live.url);
    expect(await callerSelect.count()).toBe(0);
    await page.getByText("This server issues no developer tokens.").waitFor();
    const sent = page.waitForRequest((request) => request.method() === "POST");
    expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await sent).headers()).not.toHaveProperty("authorization");
    expect(requests.filter((url) => url.includes("/dev/token"))).toEqual([]);
  });
});

describe("how it looks", () => {
  /** 0 is black, 255 white. */
  async function lightnessOf(page: Page, selector: string, property: "backgroundColor" | "color"): Promise<number> {
    const color = await page.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
    return Math.max(...[...color.matchAll(/\d+/g)].slice(0, 3).map(Number));
  }

  test.each(["light", "dark"] as const)("follows the system: %s", async (colorScheme) => {
    const { page } = await visit({ ...WIDE, colorScheme });
    for (const part of [".page-header", ".graphiql-container"]) {
      const isLight = (await lightnessOf(page, part, "backgroundColor")) > 127;
      expect({ part, isLight }).toEqual({ part, isLight: colorScheme === "light" });
    }
    const isTextDark = (await lightnessOf(page, ".graphiql-query-editor .monaco-editor", "color")) < 127;
    expect(isTextDark).toBe(colorScheme === "light");
  });

  test("follows the setting, against the system", async () => {
    const { page } = await visit({ ...WIDE, colorScheme: "light" });
    await page.getByRole("button", { name: "Open settings dialog" }).click();
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await lightnessOf(page, ".page-header", "backgroundColor")).toBeLessThan(127);
    expect(await lightnessOf(page, ".graphiql-container", "backgroundColor")).toBeLessThan(127);
  });

  test.each([
    ["1280 × 800", WIDE],
    ["390 × 844", PHONE],
  ])(
    "on %s nothing is cut, and nothing is below: chooser, reference, tools, tabs, editors, execute button and answer are inside",
    async (_size, options) => {
      const { page, run } = await visit(options);
      // Before and after an answer: a query longer than its editor is there from the start.
      const below = () =>
        page.evaluate<number>("document.documentElement.scrollHeight - document.documentElement.clientHeight");
      await page.locator(".graphiql-query-editor .view-line").first().waitFor();
      expect(await below()).toBe(0);
      await run();
      expect(await below()).toBe(0);
      const { width = 0, height = 0 } = options.viewport ?? {};
      const parts = [
        page.getByLabel("Send as"),
        page.getByRole("link", { name: "Reference" }),
        page.getByRole("button", { name: "Show Documentation Explorer" }),
        page.getByRole("button", { name: "Open settings dialog" }),
        page.getByRole("tab", { name: /MemberBenefits/ }),
        page.getByRole("button", { name: /^Execute query/ }),
        page.getByRole("button", { name: "Headers" }),
        page.getByRole("region", { name: "Result Window" }),
        page.getByRole("status", { name: "Response cost" }),
      ];
      for (const part of parts) {
        const box = await part.boundingBox();
        expect(box).not.toBeNull();
        const { x = 0, y = 0, width: w = 0, height: h = 0 } = box ?? {};
        expect({ left: x >= 0, top: y >= 0, right: x + w <= width, bottom: y + h <= height }).toEqual({
          left: true,
          top: true,
          right: true,
          bottom: true,
        });
      }
      expect(await measureOverflow(page)).toBe(0);
    },
  );

  test("on a phone the answer is below the editors, and an open plugin has the whole place until it is closed", async () => {
    const { page, run } = await visit(PHONE);
    await run();
    const editor = page.getByRole("region", { name: "Operation Editor" });
    const response = page.getByRole("region", { name: "Result Window" });
    const [above, below] = [await editor.boundingBox(), await response.boundingBox()];
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);
    expect(above?.width).toBeGreaterThan(350);
    expect(below?.height).toBeGreaterThan(150);
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await response.waitFor({ state: "hidden" });
    const plugin = await page.locator(".graphiql-plugin").boundingBox();
    expect(plugin).toMatchObject({ x: 0, width: 390 });
    expect(plugin?.height).toBeGreaterThan(600);
    await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
    await response.waitFor({ state: "visible" });
  });
});
