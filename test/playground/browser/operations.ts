import { randomUUID } from "node:crypto";
import { postWebhook } from "../../kit/http/webhooks";
import { waitForGauge } from "../../kit/http/metrics";
import { MEMBER_ID } from "../../kit/seeds/ids";
import { waitFor } from "../../kit/wait-for";
import { type OpenPages, type PlaygroundPage } from "./open-pages";

const EXAMPLES = ["MemberBenefits", "PixAuthorization", "ChangeOffer", "CancelPixAuthorization", "MemberOperations"];
const SUBSCRIPTION = "MemberEvents";

const readKey = async ({ openTab, readEditor }: PlaygroundPage) => {
  await openTab("CancelPixAuthorization");
  return /"idempotencyKey": "(cancel-1-\w+)"/.exec(await readEditor("Variables"))?.[1];
};

export function testOperations(getPages: () => OpenPages): void {
  describe("the playground", () => {
    test("opens with the examples in tabs and sends requests only to its own server", async () => {
      const { page, requests, readEditor } = getPages().light;
      expect(await page.getByRole("tab").allInnerTexts()).toEqual([...EXAMPLES, SUBSCRIPTION]);
      expect(await readEditor("Operation Editor")).toMatch(/^# Caller: sub u-1001\n/);
      expect(requests.length).toBeGreaterThan(5);
      expect(requests.filter((url) => !/^(http:\/\/127\.0\.0\.1:\d+\/|data:)/.test(url))).toEqual([]);
    });

    test("runs a query on a click with one provider call, and shows that cost above the response", async () => {
      const { subgraph, light } = getPages();
      await subgraph.avibra.clearRequests();
      const { data } = await light.run();
      expect(data.me.currentOffer.offer.name).toBe("Plus");
      await light.page.getByRole("region", { name: "Result Window" }).filter({ hasText: "Plus" }).waitFor();
      expect(await light.readResponseBar(/ ms/)).toMatch(
        /^Success\s+1 provider call · 0 retries · 0 cached · \d+ ms\s+Member u-1001/,
      );
      const received = await subgraph.avibra.requests();
      expect(received.filter(({ path }) => path.includes(MEMBER_ID))).toHaveLength(1);
    });

    test("shows in each tab the cost of that tab's own response", async () => {
      const { run, openTab, readResponseBar } = getPages().light;
      await openTab("MemberBenefits");
      await run();
      await openTab("MemberOperations");
      expect(await readResponseBar(/^$/)).toBe("");
      await run();
      expect(await readResponseBar(/ ms/)).toMatch(/^Success\s+0 provider calls/);
      await openTab("MemberBenefits");
      expect(await readResponseBar(/1 provider/)).toMatch(/^Success\s+1 provider call /);
    });

    test.each(EXAMPLES)("runs the example %s without an error as the caller that is chosen first", async (title) => {
      const { openTab, run } = getPages().light;
      await openTab(title);
      const { errors, data } = await run();
      const [{ userErrors = [] }] = Object.values(data) as [{ userErrors?: unknown[] }];
      expect({ errors, userErrors }).toEqual({ userErrors: [] });
    });

    test("a cancellation that is run twice has one effect at Delbank", async () => {
      const { subgraph, light } = getPages();
      await light.openTab("CancelPixAuthorization");
      const responses = [await light.run(), await light.run()];
      expect(responses.map(({ data }) => data.cancelPixAuthorization.operation.status)).toEqual([
        "SUCCEEDED",
        "SUCCEEDED",
      ]);
      expect((await subgraph.delbank.state()).commits).toHaveLength(1);
    });

    test("two sessions have different idempotency keys in the same example", async () => {
      const { light, dark } = getPages();
      const key = await readKey(light);
      expect(key).toMatch(/^cancel-1-\w+$/);
      expect(await readKey(dark)).toMatch(/^cancel-1-\w+$/);
      expect(await readKey(dark)).not.toBe(key);
    });

    test("a subscription shows events until it is stopped, which closes its WebSocket", async () => {
      const { subgraph, light } = getPages();
      await light.openTab(SUBSCRIPTION);
      await light.page.getByRole("button", { name: /^Execute query/ }).click();
      await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
      const subscription = light.page.getByRole("region", { name: "Subscription" });
      await waitFor(async () => {
        // An open subscription still reads where the events end. Those before that are not sent, so a new event is posted each time.
        const key = randomUUID();
        await postWebhook(subgraph.url, { eventname: "enrollment_successful", userid: MEMBER_ID }, { key });
        return (await subscription.innerText()).includes("ENROLLMENT_SUCCESSFUL") || undefined;
      });
      await light.page.getByRole("button", { name: /^Stop query/ }).click();
      await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    });

    test("an open subscription ends when the examples are restored, which closes its WebSocket", async () => {
      const { subgraph, light } = getPages();
      await light.openTab(SUBSCRIPTION);
      await light.page.getByRole("button", { name: /^Execute query/ }).click();
      await waitForGauge(subgraph, "benefits_pix_subscriptions_open", 1);
      await light.page.getByRole("button", { name: "Restore examples" }).click();
      await waitForGauge(subgraph, "benefits_pix_websocket_connections_open", 0);
    });

    test("a request is aborted when it is stopped, and when a new tab is opened", async () => {
      const { page, openTab } = getPages().dark;
      await openTab("MemberBenefits");
      await page.route("**/graphql", () => undefined); // no response
      for (const leave of [/^Stop query/, "New tab"]) {
        const sent = page.waitForRequest((request) => request.method() === "POST");
        await page.getByRole("button", { name: /^Execute query/ }).click();
        const request = await sent;
        const failed = page.waitForEvent("requestfailed", (one) => one === request);
        await page.getByRole("button", { name: leave }).click();
        await failed;
        await page.getByRole("button", { name: /^Execute query/ }).waitFor();
      }
      await page.unroute("**/graphql");
      await page.getByRole("tab", { selected: true }).getByRole("button", { name: "Close Tab" }).click();
      await page.getByRole("tab", { name: /untitled/ }).waitFor({ state: "detached" });
    });

    test("the explorer adds a ticked field to the operation", async () => {
      const { page, openTab, run } = getPages().dark;
      await openTab("MemberBenefits");
      await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
      await page.locator(".graphiql-plugin").getByText("pixAuthorization", { exact: true }).waitFor();
      expect(await page.locator(".graphiql-plugin").innerText()).not.toMatch(/_entities|_service/);
      expect((await run()).data.me.currentOffer).not.toHaveProperty("providerStatus");
      await page.locator(".graphiql-plugin").getByText("providerStatus", { exact: true }).first().click();
      expect(JSON.stringify((await run()).data)).toContain('"providerStatus":"ACTIVE"');
      await page.getByRole("button", { name: "Hide GraphiQL Explorer" }).click();
    });

    test("the documentation explorer shows the description of a mutation", async () => {
      const { page } = getPages().dark;
      await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
      await page.locator(".graphiql-plugin").getByText("Mutation", { exact: true }).click();
      const description = page.getByText("Moves a member to another offer.");
      await description.waitFor();
      expect(await description.isVisible()).toBe(true);
      await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
    });

    test("an operation that is run directly after it was typed is sent with its new name", async () => {
      const { page, openTab } = getPages().dark;
      await openTab("MemberOperations");
      const editor = page.getByRole("region", { name: "Operation Editor", exact: true });
      await editor.locator(".monaco-editor").first().click();
      await page.keyboard.press("ControlOrMeta+A");
      const response = page.waitForResponse((one) => one.request().postData()?.includes("JustWritten") ?? false);
      await page.keyboard.insertText("query JustWritten { me { id } }");
      await page.keyboard.press("ControlOrMeta+Enter");
      expect(await (await response).json()).toMatchObject({ data: { me: { id: MEMBER_ID } } });
    });
  });

  describe("the playground in live mode", () => {
    test("offers no callers, says that there are no developer tokens, and requests none", async () => {
      const { page, requests, callerSelect, run } = getPages().live;
      expect(await callerSelect.count()).toBe(0);
      await page.getByText("This server issues no developer tokens.").waitFor();
      const sent = page.waitForRequest((request) => request.method() === "POST");
      expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
      expect((await sent).headers()).not.toHaveProperty("authorization");
      expect(requests.filter((url) => url.includes("/dev/token"))).toEqual([]);
    });
  });
}
