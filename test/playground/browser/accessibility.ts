import { findAccessibilityProblems } from "../../kit/axe";
import { WEBHOOK_PASSWORD, WEBHOOK_USER } from "../../kit/http/webhooks";
import { measureOverflow } from "../../kit/start/browser";
import { type OpenPages, PHONE, type PlaygroundPage, WIDE } from "./open-pages";

/** A fault of GraphiQL that cannot be mended from outside. */
interface AcceptedFinding {
  readonly rule: string;
  /** A part of the element's HTML. */
  readonly html: string;
  readonly reason: string;
}

const ACCEPTED: readonly AcceptedFinding[] = [
  {
    rule: "nested-interactive",
    html: 'class="graphiql-tab',
    reason: "GraphiQL's tabs contain their title and their close button as buttons.",
  },
  {
    rule: "select-name",
    html: '<select style="flex-grow: 2;">',
    reason: "GraphiQL's explorer labels the choice of a new operation with text beside it only.",
  },
];

/** In `npm test`, each view is measured where most goes wrong: in dark colors on a phone. */
const isWhole = process.env["TEST_ALL"] === "true";
const SIZES = isWhole ? [PHONE, WIDE] : [PHONE];
const SCHEMES = isWhole ? (["light", "dark"] as const) : (["dark"] as const);

/** Brings the page into one view after the other, and calls `measure` in each. */
async function visitViews(
  { page, about, openTab, run, selectCaller }: PlaygroundPage,
  measure: (view: string) => Promise<void>,
): Promise<void> {
  const click = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
  await page.mouse.move(0, 0);
  await selectCaller(/u-1001/);
  await click("Restore examples");
  await about.waitFor();
  await measure("first view");
  for (const tab of [
    "MemberBenefits",
    "PixAuthorization",
    "ChangeOffer",
    "CancelPixAuthorization",
    "MemberOperations",
  ]) {
    await openTab(tab);
    await run();
    await measure(tab);
  }
  await click("About");
  await measure("introduction before a response");
  await click("Back to the response");

  await selectCaller(/Anonymous/);
  await run();
  await measure("error");
  await selectCaller(/u-1001/);

  await openTab("MemberEvents");
  await click(/^Execute query/);
  await page.getByRole("heading", { name: /^Waiting for/ }).waitFor();
  await measure("subscription that waits");
  await click("Send a test event");
  await page.getByRole("heading", { name: "Event 1" }).waitFor();
  await measure("subscription with an event");
  await click(/^Stop query/);

  await openTab("MemberBenefits");
  for (const plugin of ["GraphiQL Explorer", "Documentation Explorer"]) {
    await click(`Show ${plugin}`);
    await page
      .locator(".graphiql-plugin")
      .getByText("pixAuthorization")
      .or(page.getByText("Root Types"))
      .first()
      .waitFor();
    await measure(plugin);
    await click(`Hide ${plugin}`);
  }
  await click("Reset");
  await measure("question before a reset");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
}

export function testAccessibility(getPages: () => OpenPages): void {
  describe("the playground's views", () => {
    test.each(SCHEMES)("have no serious barrier and no overflow in %s colors", async (scheme) => {
      const { subgraph, [scheme]: playground } = getPages();
      const webhook = { url: `${subgraph.url}/webhooks/avibra`, username: WEBHOOK_USER, password: WEBHOOK_PASSWORD };
      await subgraph.avibra.configureWebhooks(webhook);
      const { page } = playground;
      const problems: string[] = [];
      const used = new Set<AcceptedFinding>();
      await visitViews(playground, async (view) => {
        for (const size of SIZES) {
          await page.setViewportSize(size);
          const name = `${view}, ${size.width} × ${size.height}`;
          for (const problem of await findAccessibilityProblems(page)) {
            const accepted = ACCEPTED.find(
              ({ rule, html }) => problem.startsWith(`${rule}: `) && problem.includes(html),
            );
            if (accepted) used.add(accepted);
            else problems.push(`${name}: ${problem}`);
          }
          const overflow = await measureOverflow(page);
          if (overflow > 0) problems.push(`${name}: ${overflow} px wider than the window`);
        }
        await page.setViewportSize(WIDE);
      });
      expect(problems).toEqual([]);
      // An exception that is no longer needed goes.
      expect([...used].map(({ reason }) => reason).toSorted()).toEqual(ACCEPTED.map(({ reason }) => reason).toSorted());
    });
  });
}
