import { type Page } from "playwright-core";
import { measureOverflow } from "../../kit/start/browser";
import { type OpenPages, PHONE, WIDE } from "./open-pages";

/** 0 is black, 255 white. */
async function lightnessOf(page: Page, selector: string, property: "backgroundColor" | "color"): Promise<number> {
  const color = await page.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
  return Math.max(...[...color.matchAll(/\d+/g)].slice(0, 3).map(Number));
}

const measureBelow = (page: Page) =>
  page.evaluate<number>("document.documentElement.scrollHeight - document.documentElement.clientHeight");

export function testLayout(getPages: () => OpenPages): void {
  describe("the playground's layout", () => {
    test.each([
      ["1280 × 800", "light", WIDE],
      ["390 × 844", "phone", PHONE],
    ] as const)(
      "on %s every control, editor and response is inside the window, before and after a response",
      async (_size, name, { width, height }) => {
        const { page, run } = getPages()[name];
        // A query that is longer than its editor is there from the start.
        await page.locator(".graphiql-query-editor .view-line").first().waitFor();
        expect(await measureBelow(page)).toBe(0);
        await run();
        const response = page.getByRole("region", { name: "Result Window" });
        await response.filter({ hasText: "currentOffer" }).waitFor();
        expect(await measureBelow(page)).toBe(0);
        const parts = [
          page.getByLabel("Send as"),
          page.getByRole("link", { name: "Reference" }),
          page.getByRole("button", { name: "Show Documentation Explorer" }),
          page.getByRole("button", { name: "Open settings dialog" }),
          page.getByRole("tab", { name: /MemberBenefits/ }),
          page.getByRole("button", { name: /^Execute query/ }),
          page.getByRole("button", { name: "Headers" }),
          response,
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

    test("on a phone the name of every caller fits into the choice, beside which there is no badge", async () => {
      const { page } = getPages().phone;
      const [width, needed] = await page.evaluate<[number, number]>(`(() => {
        const select = document.querySelector(".caller select");
        const copy = select.cloneNode(true);
        copy.style.cssText = "position: absolute; width: max-content";
        document.querySelector(".page-header").append(copy);
        const widths = [select.offsetWidth, copy.offsetWidth];
        copy.remove();
        return widths;
      })()`);
      expect(width).toBeGreaterThanOrEqual(needed);
    });

    test("in a low window, for example at a zoom of 200 %, the page scrolls, and the editor is as high as its buttons", async () => {
      const { page } = getPages().dark;
      const editor = page.locator(".graphiql-query-editor");
      const lastButton = page.getByRole("button", { name: /^Copy query/ });
      const found: unknown[] = [];
      for (const [width, height] of [
        [640, 400],
        [390, 664],
        [844, 390],
      ] as const) {
        await page.setViewportSize({ width, height });
        const [outer, inner] = [await editor.boundingBox(), await lastButton.boundingBox()];
        const editorBottom = (outer?.y ?? 0) + (outer?.height ?? 0);
        const title = await page.getByRole("heading", { level: 1 }).boundingBox();
        found.push({
          width,
          lastButton: (inner?.y ?? Infinity) + (inner?.height ?? 0) - editorBottom < 0 ? "inside" : "outside",
          titleLines: Math.round((title?.height ?? 0) / 24),
          scrolls: (await measureBelow(page)) > 0,
          overflow: await measureOverflow(page),
        });
      }
      await page.setViewportSize(WIDE); // before anything fails: the next tests use this page
      expect(found).toEqual(
        [640, 390, 844].map((width) => ({ width, lastButton: "inside", titleLines: 1, scrolls: true, overflow: 0 })),
      );
      expect(await measureBelow(page)).toBe(0);
    });

    test("on a phone the response is below the editors, and an open plugin takes their place until it is closed", async () => {
      const { page } = getPages().phone;
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

  describe("GraphiQL's buttons", () => {
    test("have a visible outline if the keyboard reaches them", async () => {
      const { page } = getPages().dark;
      await page.getByRole("button", { name: /^Prettify query/ }).focus();
      await page.keyboard.press("Tab");
      const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outline");
      expect(outline).toBe("rgb(94, 234, 212) solid 2px");
    });

    test("show no title of their icon, which is a minified name", async () => {
      const { page } = getPages().dark;
      const icon = await page.locator(".graphiql-execute-button > svg").boundingBox();
      const { x = 0, y = 0, width = 0, height = 0 } = icon ?? {};
      const hovered = await page.evaluate<string>(
        `document.elementFromPoint(${x + width / 2}, ${y + height / 2}).tagName`,
      );
      expect(hovered).toBe("BUTTON");
    });
  });

  describe("the playground's colors", () => {
    test.each(["light", "dark"] as const)("are %s if the system's are", async (colorScheme) => {
      const { page } = getPages()[colorScheme];
      for (const part of [".page-header", ".graphiql-container"]) {
        const isLight = (await lightnessOf(page, part, "backgroundColor")) > 127;
        expect({ part, isLight }).toEqual({ part, isLight: colorScheme === "light" });
      }
      const isTextDark = (await lightnessOf(page, ".graphiql-query-editor .monaco-editor", "color")) < 127;
      expect(isTextDark).toBe(colorScheme === "light");
    });

    test("are dark if that is chosen in the settings, though the system's are light", async () => {
      const { page } = getPages().callers;
      await page.getByRole("button", { name: "Open settings dialog" }).click();
      await page.getByRole("button", { name: "Dark" }).click();
      expect(await lightnessOf(page, ".page-header", "backgroundColor")).toBeLessThan(127);
      expect(await lightnessOf(page, ".graphiql-container", "backgroundColor")).toBeLessThan(127);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    });
  });
}
