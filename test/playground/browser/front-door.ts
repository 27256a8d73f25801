import { MEMBER_ID } from "../../kit/seeds/ids";
import { WEBHOOK_PASSWORD, WEBHOOK_USER } from "../../kit/http/webhooks";
import { waitFor } from "../../kit/wait-for";
import { type OpenPages } from "./open-pages";

/** What someone sees and does who has only the page's URL. */
export function testFrontDoor(getPages: () => OpenPages): void {
  describe("the playground's introduction", () => {
    test.each(["light", "phone"] as const)(
      "on the %s page has the place of the response, below a title with the purpose",
      async (name) => {
        const { page, about } = getPages()[name];
        const text = await about.innerText();
        expect(text).toContain("A recurrence is a series of Pix payments: the payer authorizes it once");
        expect(text).toContain("Both providers are simulated. No money moves");
        expect(text).toContain("Ctrl-Enter");
        expect(await page.getByRole("region", { name: "Result Window" }).count()).toBe(0);
        expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Benefits & Pix");
        expect(await page.getByText("Benefits from Avibra, recurring Pix at Delbank, in one graph").isVisible()).toBe(
          true,
        );
      },
    );

    test("chooses a tab and a caller, runs the tab, gives way to the response, and comes back", async () => {
      const { page, about, callerSelect, readEditor } = getPages().callers;
      await about.getByRole("button", { name: "PixAuthorization", exact: true }).click();
      await about.getByRole("button", { name: /^Member u-1004/ }).click();
      expect(await callerSelect.inputValue()).toBe("Member u-1004, who cancelled");
      expect(await readEditor("Operation Editor")).toMatch(/^# Caller: sub u-1004\n# +tax_id 77379362038\n# An Auto/);
      await about.getByRole("button", { name: "Run PixAuthorization" }).click();
      const response = page.getByRole("region", { name: "Result Window" });
      await response.filter({ hasText: '"pixAuthorization": null' }).waitFor();
      expect(await about.count()).toBe(0);
      expect(await page.getByRole("button", { name: /^Execute query/ }).evaluate((one) => one.matches(":focus"))).toBe(
        true,
      );
      await page.getByRole("button", { name: "About" }).click();
      await about.getByRole("button", { name: /^Member u-1001/ }).click();
      await about.getByRole("button", { name: "Back to the response" }).click();
      await response.waitFor();
    });

    test("lists the callers with their states", async () => {
      const { page, about } = getPages().callers;
      await page.getByRole("button", { name: "About" }).click();
      for (const state of ["Ana has the offer Plus", "Bruno has two active", "Carla is prefilled", "Davi's offer"]) {
        expect(await about.getByText(state).count()).toBe(1);
      }
      await about.getByRole("button", { name: "Back to the response" }).click();
    });

    test("says that the providers are real in live mode, where nothing can be reset and no test event sent", async () => {
      const { page, about } = getPages().live;
      await page.getByRole("button", { name: "About" }).click();
      expect(await about.innerText()).toContain("The providers are real.");
      expect(await page.locator("body").innerText()).not.toMatch(/simulated|no money/i);
      expect(await page.getByRole("button", { name: "Reset" }).count()).toBe(0);
      expect(await about.getByRole("heading", { name: "Callers" }).count()).toBe(0);
      expect(await getPages().live.readEditor("Operation Editor")).not.toContain("Caller");
    });
  });

  describe("the playground's tabs", () => {
    test("begin with a hint if they are new, and name the chosen caller", async () => {
      const { page, selectCaller, readEditor } = getPages().callers;
      await page.getByRole("button", { name: "New tab" }).click();
      await page.getByRole("tab", { name: /untitled/ }).waitFor();
      const hint = page.getByRole("region", { name: "Operation Editor" }).filter({ hasText: "Ctrl-Enter runs it" });
      await hint.waitFor();
      expect(await readEditor("Operation Editor")).toMatch(/^# Caller: sub u-1001\n/);
      await selectCaller(/Anonymous/);
      await page.getByText("# Caller: anonymous, without a token").waitFor();
    });

    test("and the caller are the same after a reload", async () => {
      const { page, selectCaller, readEditor, callerSelect, run } = getPages().callers;
      await selectCaller(/u-1003/);
      await page.getByText("# Caller: sub u-1003").waitFor();
      // GraphiQL stores its tabs some time after a change.
      await waitFor(async () => {
        const stored = await page.evaluate<string>("sessionStorage.getItem('graphiql:tabState')");
        return stored.includes("# Caller: sub u-1003") || undefined;
      });
      const titles = await page.getByRole("tab").allInnerTexts();
      // The text of the open tab as it is between the two moments at which GraphiQL stores it.
      await page.evaluate("sessionStorage.setItem('graphiql:query', '{ me { id } } # newer')");
      await page.reload();
      expect(await callerSelect.inputValue()).toBe("Member u-1003, not enrolled yet");
      await page.getByText("# Caller: sub u-1003").waitFor();
      expect(await page.getByRole("tab").allInnerTexts()).toEqual(titles);
      expect(await readEditor("Operation Editor")).toContain("A new operation");
      await page.getByRole("tab").getByRole("button", { name: "MemberBenefits" }).click();
      expect((await run()).data.me.id).toBe("u-1003");
    });

    test("get the examples' text and new keys when they are restored, and the user's own stay with their headers", async () => {
      const { page, openTab, readEditor, fillEditor, selectCaller, about } = getPages().callers;
      await selectCaller(/u-1001/);
      await page.getByRole("button", { name: "<untitled>" }).click();
      await page.getByRole("region", { name: "Operation Editor" }).filter({ hasText: "Ctrl-Enter runs it" }).waitFor();
      await fillEditor("Headers", '{ "x-request-id": "typed-by-hand-2" }');
      await fillEditor("Operation Editor", "query ChangeOffer { me { id } }"); // the title of an example
      const own = page.getByRole("tab", { name: "ChangeOffer" }).last();
      await page.getByRole("tab", { name: /untitled/ }).waitFor({ state: "detached" });
      await openTab("CancelPixAuthorization");
      await fillEditor("Variables", '{ "changed": true }');
      await page.getByRole("button", { name: "Restore examples" }).click();
      await about.waitFor();
      await openTab("CancelPixAuthorization");
      expect(await readEditor("Variables")).toMatch(/"idempotencyKey": "cancel-1-\w+"/);
      expect(await page.getByRole("tab").allInnerTexts()).toEqual([
        ...["MemberBenefits", "PixAuthorization", "ChangeOffer", "CancelPixAuthorization", "MemberOperations"],
        ...["MemberEvents", "ChangeOffer"],
      ]);
      await own.getByRole("button", { name: "ChangeOffer" }).click();
      await page
        .getByRole("region", { name: "Operation Editor" })
        .filter({ hasText: "query ChangeOffer { me" })
        .waitFor();
      expect(await readEditor("Headers")).toContain("typed-by-hand-2");
      await own.getByRole("button", { name: "Close Tab" }).click();
      await page.getByRole("region", { name: "Operation Editor" }).filter({ hasText: "MemberEvents" }).waitFor();
    });
  });

  describe("the playground's response", () => {
    test("with an error has the code above it, linked to its entry in the reference", async () => {
      const { page, selectCaller, openTab, run } = getPages().callers;
      await openTab("MemberBenefits");
      await selectCaller(/Anonymous/);
      await run();
      const link = page.getByRole("list", { name: "Errors of the response" }).getByRole("link");
      expect(await link.innerText()).toContain("UNAUTHENTICATED");
      expect(await link.getAttribute("href")).toBe("/docs#error-UNAUTHENTICATED");
      await selectCaller(/u-1001/);
      await run();
      await link.waitFor({ state: "detached" });
    });

    test("with a rejection says that it was refused, and links its code to the reference", async () => {
      const { page, openTab, run, readResponseBar } = getPages().callers;
      await openTab("ChangeOffer");
      await getPages().callers.fillEditor(
        "Variables",
        `{ "input": { "idempotencyKey": "refused-1", "userId": "${MEMBER_ID}", "offerId": "basic", "direction": "UPGRADE" } }`,
      );
      const { data } = await run();
      const { code } = data.changeOffer.userErrors[0] as { code: string };
      expect(await readResponseBar(/ ms/)).toMatch(/^Refused/);
      const link = page.getByRole("list", { name: "Errors of the response" }).getByRole("link");
      const href = (await link.getAttribute("href")) ?? "";
      expect(href).toBe(`/docs#UserErrorCode.${code}`);
      const reference = await (await page.request.get("/docs")).text();
      expect(reference).toContain(`id="UserErrorCode.${code}"`);
    });

    test("of a subscription says what it waits for, sends a test event, and lists every event, the newest first", async () => {
      const { subgraph, callers } = getPages();
      const { page, openTab } = callers;
      const webhook = { url: `${subgraph.url}/webhooks/avibra`, username: WEBHOOK_USER, password: WEBHOOK_PASSWORD };
      await subgraph.avibra.configureWebhooks(webhook);
      await openTab("MemberEvents");
      await page.getByRole("button", { name: /^Execute query/ }).click();
      await page.getByRole("heading", { name: "Waiting for Avibra's events about u-1001", exact: true }).waitFor();
      const events = page.getByRole("log", { name: "Received events" }).getByRole("article");
      expect(await page.locator(".graphiql-spinner:visible").count()).toBe(0); // the heading has a sign of its own
      for (const count of [1, 2]) {
        await page.getByRole("button", { name: "Send a test event" }).click();
        await page.getByRole("heading", { name: `Event ${count}` }).waitFor();
        expect(await events.count()).toBe(count);
      }
      expect(await events.first().innerText()).toMatch(/^Event 2[^]*"kind": "ENROLLMENT_REQUEST_RECEIVED"/);
      await page.getByRole("button", { name: /^Stop query/ }).click();
      await page.getByRole("heading", { name: "No longer waiting for Avibra's events about u-1001" }).waitFor();
      expect(await events.count()).toBe(2);
    });
  });

  describe("the playground's reset", () => {
    test("is asked for once more, sends the preflight header, clears the responses and renews the keys", async () => {
      const { subgraph, callers } = getPages();
      const { page, openTab, readEditor, about, run } = callers;
      const sent: (string | undefined)[] = [];
      await page.route("**/dev/reset", async (route) => {
        sent.push(`${route.request().method()} ${route.request().headers()["apollo-require-preflight"]}`);
        await route.continue();
      });
      const readKey = async () => {
        await openTab("CancelPixAuthorization");
        return /"idempotencyKey": "([^"]+)"/.exec(await readEditor("Variables"))?.[1];
      };
      const before = await readKey();
      await run();
      const countCommits = async () => (await subgraph.delbank.state()).commits.length;
      expect(await countCommits()).toBeGreaterThan(0);
      const dialog = page.getByRole("dialog", { name: "Reset the sandbox?" });
      await page.getByRole("button", { name: "Reset" }).click();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await dialog.waitFor({ state: "hidden" });
      expect(sent).toEqual([]);
      expect(await countCommits()).toBeGreaterThan(0);
      await page.getByRole("button", { name: "Reset" }).click();
      await dialog.getByRole("button", { name: "Reset" }).click();
      await page.getByText("The sandbox was reset.").waitFor();
      await about.waitFor();
      expect(sent).toEqual(["POST true"]);
      expect(await countCommits()).toBe(0);
      expect(await readKey()).not.toBe(before);
      await about.waitFor(); // the response of this tab is gone, too
      await page.unroute("**/dev/reset");
    });

    test("that succeeded says so in green, again after its notice was dismissed", async () => {
      const { page } = getPages().callers;
      const notice = page.getByRole("status").filter({ hasText: "The sandbox was reset." });
      expect(await notice.evaluate((one) => one.classList.contains("good"))).toBe(true);
      await notice.getByRole("button", { name: "Dismiss" }).click();
      await notice.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Reset" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
      await notice.waitFor();
    });

    test("that the server refuses says so, and keeps the responses", async () => {
      const { page, openTab, run, about, takeViolations } = getPages().callers;
      await openTab("MemberOperations");
      await run();
      await page.route("**/dev/reset", (route) => route.fulfill({ status: 409 }));
      await page.getByRole("button", { name: "Reset" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
      await page.getByText("The sandbox was not reset: the server responded with status 409.").waitFor();
      expect(await about.count()).toBe(0);
      await page.unroute("**/dev/reset");
      expect(takeViolations()).toEqual([expect.stringContaining("status of 409")]);
    });
  });
}
