import { type Locator, type Page } from "playwright-core";
import { type GraphqlResponse } from "./http/graphql-client";

type Editor = "Operation Editor" | "Variables" | "Headers";

/** Actions of a user in GraphiQL, and what is on the page. */
export interface Graphiql {
  readonly page: Page;
  readonly callerSelect: Locator;
  /** The text of the bar below the response, after it matches; it may change a moment later than the response. */
  readonly readResponseBar: (expected: RegExp) => Promise<string>;
  /** The introduction, which has the place of the response until there is one. */
  readonly about: Locator;
  readonly openTab: (title: string) => Promise<void>;
  /** Clicks the execute button; resolves with the response after GraphiQL has received it. */
  readonly run: () => Promise<GraphqlResponse>;
  readonly selectCaller: (caller: RegExp) => Promise<void>;
  /** Replaces the text of an editor. */
  readonly fillEditor: (editor: Editor, text: string) => Promise<void>;
  /** The text of an editor as far as it is on the screen. */
  readonly readEditor: (editor: Editor) => Promise<string>;
}

const isEditorRequest = (body: string | null) => body !== null && !body.includes("IntrospectionQuery");

/** Opens the playground and waits until the first operation is in its editor. */
export async function openGraphiqlPage(page: Page): Promise<Graphiql> {
  const section = (name: string) => page.getByRole("region", { name, exact: true });
  const callerSelect = page.getByLabel("Send as");
  const about = section("What is this?");
  const responseBar = page.getByRole("status", { name: "Response cost" });
  const executeButton = page.getByRole("button", { name: /^Execute query/ });

  async function openEditor(name: Editor): Promise<Locator> {
    // Only one of the editors below the operation is visible.
    if (name !== "Operation Editor") await page.getByRole("button", { name, exact: true }).click();
    return section(name).locator(".monaco-editor:visible");
  }

  await page.goto("/");
  await section("Operation Editor").locator(".view-line").first().waitFor();
  await about.waitFor();
  return {
    page,
    callerSelect,
    about,
    async readResponseBar(expected) {
      await responseBar.filter({ hasText: expected }).waitFor({ state: "attached" }); // without height if it is empty
      return responseBar.innerText();
    },
    async openTab(title) {
      await page.getByRole("tab").getByRole("button", { name: title, exact: true }).click();
      await section("Operation Editor").filter({ hasText: title }).waitFor();
    },
    async run() {
      const [response] = await Promise.all([
        page.waitForResponse((one) => one.url().endsWith("/graphql") && isEditorRequest(one.request().postData())),
        executeButton.click(),
      ]);
      await executeButton.waitFor(); // until then it is the button that stops the operation
      return (await response.json()) as GraphqlResponse;
    },
    async selectCaller(caller) {
      const label = await callerSelect.locator("option").filter({ hasText: caller }).textContent();
      await callerSelect.selectOption(label);
    },
    async fillEditor(editor, text) {
      await (await openEditor(editor)).first().click();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.insertText(text);
      // Brackets that the editor closed by itself.
      await page.keyboard.press("ControlOrMeta+Shift+End");
      await page.keyboard.press("Delete");
    },
    async readEditor(editor) {
      const lines = await (await openEditor(editor)).locator(".view-line").allInnerTexts();
      return lines.join("\n").replaceAll("\u00a0", " ");
    },
  };
}
