import { type Locator, type Page } from "playwright-core";
import { type GraphqlAnswer } from "./subgraph";

/** What a person does in GraphiQL, and what they see. */
export interface Graphiql {
  readonly page: Page;
  readonly callerChooser: Locator;
  readonly answerBar: Locator;
  readonly openTab: (title: string) => Promise<void>;
  /** Presses the execute button; what the server answered, once the response shows it. */
  readonly run: () => Promise<GraphqlAnswer>;
  readonly choose: (caller: RegExp) => Promise<void>;
  /** Replaces what stands in the editor below the operation. */
  readonly write: (editor: "Variables" | "Headers", text: string) => Promise<void>;
  /** The text of an editor as far as it is on the screen. */
  readonly read: (editor: "Operation Editor" | "Variables" | "Headers") => Promise<string>;
}

const isOfEditor = (body: string | null) => body !== null && !body.includes("IntrospectionQuery");

/** Opens the playground and waits until the first operation stands in its editor. */
export async function openGraphiql(page: Page): Promise<Graphiql> {
  const section = (name: string) => page.getByRole("region", { name, exact: true });
  const callerChooser = page.getByLabel("Ask as");
  const answerBar = page.getByRole("status", { name: "What the answer cost" });

  async function openTool(name: string): Promise<Locator> {
    await page.getByRole("button", { name, exact: true }).click();
    return section(name).locator(".monaco-editor:visible");
  }

  await page.goto("/");
  await section("Operation Editor").locator(".view-line").first().waitFor();
  await section("Result Window").locator(".monaco-editor").waitFor();
  return {
    page,
    callerChooser,
    answerBar,
    async openTab(title) {
      await page.getByRole("tab").getByRole("button", { name: title, exact: true }).click();
      await section("Operation Editor").filter({ hasText: title }).waitFor();
    },
    async run() {
      const [response] = await Promise.all([
        page.waitForResponse((one) => one.url().endsWith("/graphql") && isOfEditor(one.request().postData())),
        page.getByRole("button", { name: /^Execute query/ }).click(),
      ]);
      await answerBar.filter({ hasText: / ms/ }).waitFor();
      return (await response.json()) as GraphqlAnswer;
    },
    async choose(caller) {
      const label = await callerChooser.locator("option").filter({ hasText: caller }).textContent();
      await callerChooser.selectOption(label);
    },
    async write(editor, text) {
      await (await openTool(editor)).click();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.insertText(text);
      // Brackets that the editor closed by itself.
      await page.keyboard.press("ControlOrMeta+Shift+End");
      await page.keyboard.press("Delete");
    },
    async read(editor) {
      const place = editor === "Operation Editor" ? section(editor) : await openTool(editor);
      const lines = await place.locator(".view-line").allInnerTexts();
      return lines.join("\n").replaceAll("\u00a0", " ");
    },
  };
}
