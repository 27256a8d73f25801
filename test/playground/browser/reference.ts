import { ERROR_CODES } from "../../../src/platform/errors/subgraph-error";
import { findAccessibilityProblems } from "../../kit/axe";
import { measureOverflow } from "../../kit/start/browser";
import { type OpenPages, PHONE, WIDE } from "./open-pages";

const CONTENTS = ".columns > nav";

export function testReference(getPages: () => OpenPages): void {
  describe("the reference at /docs", () => {
    /** The page as it is when it has just been opened. */
    const reload = async () => {
      const { page } = getPages().reference;
      await page.setViewportSize(WIDE);
      await page.emulateMedia({ media: "screen", colorScheme: "light" });
      await page.goto("/docs");
      return page;
    };

    test("a search leaves the entries that contain every word, in text and contents, and shows their number", async () => {
      const page = await reload();
      await page.keyboard.press("/");
      await page.keyboard.type("pending swap");
      expect(await page.locator("article:visible > h3").allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringMatching(/^Benefit\s/)]),
      );
      const shown = await page.locator("article:visible").count();
      expect(await page.locator("search output").innerText()).toMatch(new RegExp(`^${shown} of \\d\\d`));
      expect(shown).toBeLessThan(10);
      expect(await page.locator(`${CONTENTS} a:visible`).allInnerTexts()).toContain("Benefit");
      const firstLines = await page.evaluate<string[]>(`[...document.querySelectorAll("main > section")].flatMap(
        (section) => section.querySelector("article:not([hidden])") ?? []).map((one) => getComputedStyle(one).borderTopWidth)`);
      expect(new Set(firstLines)).toEqual(new Set(["0px"])); // a line only divides entries
      expect(await page.locator(`${CONTENTS} a:visible`).allInnerTexts()).not.toContain("createUser");
    });

    test("a link to an entry that the search hides ends the search", async () => {
      const page = await reload();
      await page.getByRole("searchbox").fill("pending swap");
      await page.locator("#Benefit\\.status a").click();
      await page.locator("#BenefitStatus").waitFor({ state: "visible" });
      expect(await page.getByRole("searchbox").inputValue()).toBe("");
    });

    test("without JavaScript it shows every entry and no search", async () => {
      const { page } = getPages().withoutScript;
      expect(await page.locator("article:visible").count()).toBeGreaterThan(50);
      expect(await page.getByRole("searchbox").count()).toBe(0);
    });

    test("a search that finds nothing says so, with the searched text, and can be ended", async () => {
      const page = await reload();
      await page.getByRole("searchbox").fill("no such <entry>");
      expect(await page.locator("article:visible").count()).toBe(0);
      expect(await page.locator("search output").innerText()).toBe("no entries");
      await page.getByText("No entry contains “no such <entry>”.").waitFor();
      await page.getByRole("button", { name: "Show all entries" }).click();
      expect(await page.locator("article:visible").count()).toBeGreaterThan(50);
      expect(await page.getByRole("searchbox").evaluate((one) => one.matches(":focus"))).toBe(true);
      expect(await page.locator("#no-hits").isVisible()).toBe(false);
    });

    test("names the URL of this server in the endpoint and in the commands", async () => {
      const { page } = getPages().reference;
      const { url } = getPages().subgraph;
      expect(await page.locator("#endpoint .url").innerText()).toBe(`${url}/graphql`);
      const commands = page.getByRole("group", { name: "the commands that get a token and send a query" });
      expect(await commands.innerText()).toContain(`curl -s '${url}/dev/token?sub=u-1001'`);
      expect(await commands.innerText()).toContain(`curl -s ${url}/graphql`);
    });

    test("copies a document as it is, and says so", async () => {
      const { page } = getPages().reference;
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const button = page.getByRole("button", { name: "Copy the document of ChangeOffer" });
      await button.click();
      await page.getByRole("button", { name: "Copied the document of ChangeOffer" }).waitFor();
      const copied = await page.evaluate<string>("navigator.clipboard.readText()");
      expect(copied).toMatch(/^mutation ChangeOffer\(\$input: ChangeOfferInput!\) \{\n {2}changeOffer[^]*\n\}$/);
      await button.waitFor(); // the button can be used again
    });

    test("where the browser forbids to copy, selects the text instead", async () => {
      const page = await reload();
      await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'))");
      await page.getByRole("button", { name: "Copy the variables of ChangeOffer" }).click();
      await page.getByRole("button", { name: /^Press Ctrl-C/ }).waitFor();
      expect(await page.evaluate<string>("getSelection().toString()")).toContain('"offerId": "premium"');
    });

    test("the first key press reaches a link that skips the contents", async () => {
      const page = await reload();
      await page.keyboard.press("Tab");
      expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Skip to the content");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/docs#content");
      expect(await page.evaluate<string>("document.activeElement.tagName")).toBe("MAIN");
    });

    const VIEWS: readonly (readonly [string, string, string])[] = [
      ["its top", "", ""],
      ["a type", "#User", ""],
      ["an example", "#example-change-offer", ""],
      ["an error code", "#error-UNAVAILABLE", ""],
      ["a search that finds something", "", "pending swap"],
      ["a search that finds nothing", "", "zzz"],
    ];

    test.each([WIDE, PHONE])(
      "in a window of $width × $height, no view of it is wider than the window",
      async (size) => {
        const page = await reload();
        await page.setViewportSize(size);
        for (const [view, hash, text] of VIEWS) {
          await page.evaluate(`location.hash = "${hash}"`);
          await page.getByRole("searchbox").fill(text);
          expect({ view, overflow: await measureOverflow(page) }).toEqual({ view, overflow: 0 });
        }
      },
    );

    test.each([
      { size: WIDE, colorScheme: "light" },
      { size: PHONE, colorScheme: "dark" },
      // `npm test` measures each size and each scheme, but not each pair of them.
      ...(process.env["TEST_ALL"] === "true"
        ? ([
            { size: WIDE, colorScheme: "dark" },
            { size: PHONE, colorScheme: "light" },
          ] as const)
        : []),
    ] as const)(
      "in $colorScheme colors at $size.width pixels, it has no serious accessibility problem, also when a search finds nothing",
      async ({ size, colorScheme }) => {
        const { page } = getPages().reference;
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await page.getByRole("searchbox").fill("zzz");
        expect(await findAccessibilityProblems(page)).toEqual([]);
        await page.getByRole("searchbox").fill("");
        expect(await findAccessibilityProblems(page)).toEqual([]);
      },
    );

    test.each([390, 1280])("in a window of %i pixels no error code is broken", async (width) => {
      const { page } = getPages().reference;
      await page.setViewportSize({ width, height: 800 });
      const lines = await page.evaluate<number[]>(`[...document.querySelectorAll(".error h3 code")].map((code) => {
        const range = document.createRange();
        range.selectNodeContents(code);
        return new Set([...range.getClientRects()].map(({ top }) => top)).size;
      })`);
      expect(lines.length).toBeGreaterThan(Object.keys(ERROR_CODES).length);
      expect(new Set(lines)).toEqual(new Set([1]));
    });

    test.each(["light", "dark"] as const)("its colors are %s if the system's are", async (colorScheme) => {
      const { page } = getPages().reference;
      await page.emulateMedia({ colorScheme });
      const color = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(color === "rgb(255, 255, 255)").toBe(colorScheme === "light");
    });

    test("in print it has the text without contents, search and buttons, its code whole, and the targets of links", async () => {
      const page = await reload();
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.setViewportSize({ width: 640, height: 900 }); // about A4 without its margins
      for (const hidden of [CONTENTS, "search", "header", ".copy >> nth=0"]) {
        expect({ hidden, visible: await page.locator(hidden).isVisible() }).toEqual({ hidden, visible: false });
      }
      expect(await page.locator("#Benefit").isVisible()).toBe(true);
      const cut = await page.evaluate<number>(`[...document.querySelectorAll("pre")].filter(
        (pre) => pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight).length`);
      expect(cut).toBe(0);
      const shown = await page.evaluate<string>(
        `getComputedStyle(document.querySelector("#example-change-offer .open"), "::after").content`,
      );
      expect(shown).toBe('" (/#example=change-offer)"');
      expect(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    });

    test("a link to an example fills the playground's editor with it and sends nothing, in a new session and in an old one", async () => {
      const page = await reload();
      const sent: string[] = [];
      page.on("request", (request) => sent.push(request.postData() ?? ""));
      const followLink = (example: string) => page.locator(`#example-${example} .open`).click();
      const expectExample = async (title: string) => {
        const editor = page.getByRole("region", { name: "Operation Editor", exact: true });
        await editor.filter({ hasText: title }).waitFor();
        expect(await page.getByRole("tab", { selected: true }).innerText()).toContain(title);
        expect(new URL(page.url()).hash).toBe("");
      };

      await followLink("change-offer");
      await expectExample("ChangeOffer");
      const variables = page.getByRole("region", { name: "Variables", exact: true });
      await variables.filter({ hasText: "premium" }).waitFor();
      expect(await variables.innerText()).toMatch(/change-1-\w+/);

      await page.getByRole("link", { name: "Reference" }).click();
      await page.waitForURL("**/docs");
      await followLink("member-operations");
      await expectExample("MemberOperations");
      expect(await page.getByRole("tab").count()).toBe(6);

      expect(sent.filter((body) => /MemberOperations|ChangeOffer/.test(body))).toEqual([]);
      await page.getByRole("link", { name: "Reference" }).click();
      await page.waitForURL("**/docs");
      await page.getByRole("link", { name: "Playground", exact: true }).waitFor();
    });
  });
}
