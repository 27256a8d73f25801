import { ERROR_CODES } from "../../../src/platform/errors/subgraph-error";
import { measureOverflow } from "../../kit/start/browser";
import { type OpenPages, WIDE } from "./open-pages";

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

    test.each([390, 1280])(
      "in a window of %i pixels it is no wider, and no error code or heading of their table is broken",
      async (width) => {
        const { page } = getPages().reference;
        await page.setViewportSize({ width, height: 800 });
        expect(await measureOverflow(page)).toBe(0);
        const lines = await page.evaluate<number[]>(`[...document.querySelectorAll("td code, th")].map((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size;
        })`);
        expect(lines).toHaveLength(Object.keys(ERROR_CODES).length + 3);
        expect(new Set(lines)).toEqual(new Set([1]));
      },
    );

    test.each(["light", "dark"] as const)("its colors are %s if the system's are", async (colorScheme) => {
      const { page } = getPages().reference;
      await page.emulateMedia({ colorScheme });
      const color = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(color === "rgb(255, 255, 255)").toBe(colorScheme === "light");
    });

    test("in print it has the text without contents and search", async () => {
      const { page } = getPages().reference;
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      expect(await page.locator(CONTENTS).isVisible()).toBe(false);
      expect(await page.getByRole("searchbox").isVisible()).toBe(false);
      expect(await page.locator("#Benefit").isVisible()).toBe(true);
    });

    test("it and the playground link to each other", async () => {
      const page = await reload();
      await page.getByRole("link", { name: "Playground" }).click();
      await page.getByLabel("Send as").waitFor();
      await page.getByRole("link", { name: "Reference" }).click();
      await page.waitForURL("**/docs");
      expect(await page.getByRole("searchbox").isVisible()).toBe(true);
    });
  });
}
