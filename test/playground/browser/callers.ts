import { waitFor } from "../../kit/wait-for";
import { MEMBER_ID, PAYER_TAX_ID } from "../../kit/seeds/ids";
import { type OpenPages, type PlaygroundPage } from "./open-pages";

const OTHER_MEMBER_ID = "u-1003";

/** GraphiQL stores its tabs some time after a change. */
async function waitForStoredTab({ page }: PlaygroundPage, index: number): Promise<void> {
  await waitFor(async () => {
    const tabs = await page.evaluate<string | null>("sessionStorage.getItem('graphiql:tabState')");
    const { activeTabIndex } = JSON.parse(tabs ?? "{}") as { activeTabIndex?: number };
    return activeTabIndex === index || undefined;
  });
}

export function testCallers(getPages: () => OpenPages): void {
  describe("the playground's choice of callers", () => {
    test("a newly chosen caller is used in every tab", async () => {
      const { selectCaller, run, openTab, readResponseBar } = getPages().callers;
      await openTab("MemberBenefits");
      await selectCaller(/u-1001/);
      expect((await run()).data.me.id).toBe(MEMBER_ID);
      await selectCaller(/u-1002/);
      const { data } = await run();
      expect(data.me).toMatchObject({ id: "u-1002", currentOffer: { offer: { name: "Basic" } } });
      expect(await readResponseBar(/u-1002/)).toContain("Member u-1002, with the offer Basic");
      await openTab("PixAuthorization");
      expect((await run()).data).toEqual({ pixAuthorization: null });
      await selectCaller(/everybody/);
      expect((await run()).data.pixAuthorization).toMatchObject({ payer: { document: "***.232.170-**" } });
      await selectCaller(/in full/);
      expect((await run()).data.pixAuthorization).toMatchObject({ payer: { document: PAYER_TAX_ID } });
    });

    test("an anonymous caller gets UNAUTHENTICATED, in the response and in the bar above", async () => {
      const { openTab, selectCaller, run, readResponseBar } = getPages().callers;
      await openTab("MemberBenefits");
      await selectCaller(/Anonymous/);
      expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
      expect(await readResponseBar(/error/)).toMatch(/^1 error\s+0 provider calls/);
    });

    test("a token that cannot be fetched is reported, and is fetched again for the next request", async () => {
      const { page, openTab, selectCaller, run } = getPages().callers;
      await openTab("MemberBenefits");
      await selectCaller(/u-1001/);
      await page.route("**/dev/token*", (route) => route.fulfill({ json: {} }));
      await selectCaller(/u-1002/);
      const notice = page.getByText("The developer token could not be fetched (the response contains no token).");
      await notice.waitFor();
      expect((await run()).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
      await page.unroute("**/dev/token*");
      expect((await run()).data.me.id).toBe("u-1002");
      await notice.waitFor({ state: "detached" });
      await selectCaller(/u-1001/);
      expect((await run()).data.me.id).toBe(MEMBER_ID);
    });

    test("a tab's own headers are sent and stored, and their Authorization replaces the chosen caller's", async () => {
      const { subgraph, callers } = getPages();
      const { fillEditor, readEditor, selectCaller, run, openTab, readResponseBar, page } = callers;
      const token = await subgraph.token({ sub: OTHER_MEMBER_ID });
      await openTab("MemberBenefits");
      await fillEditor("Headers", `{ "x-request-id": "typed-by-hand-1", "Authorization": "Bearer ${token}" }`);
      await selectCaller(/u-1002/);
      const sent = page.waitForRequest((request) => request.method() === "POST");
      expect((await run()).data.me.id).toBe(OTHER_MEMBER_ID);
      expect((await sent).headers()["x-request-id"]).toBe("typed-by-hand-1");
      expect(await readResponseBar(/ ms$/)).not.toContain("u-1002");
      await openTab("MemberOperations");
      expect((await run()).data.me.id).toBe("u-1002");
      await openTab("MemberBenefits");
      expect(await readEditor("Headers")).toContain("typed-by-hand-1");
    });

    test("the browser stores no token, neither the chosen caller's nor one in a tab's headers", async () => {
      const { subgraph, callers } = getPages();
      const { page, run, fillEditor, openTab } = callers;
      await openTab("MemberBenefits");
      await waitForStoredTab(callers, 0);
      const token = await subgraph.token({ sub: OTHER_MEMBER_ID });
      await fillEditor("Headers", `{ "Authorization": "Bearer ${token}" }`);
      await run();
      await openTab("MemberOperations");
      await run();
      await waitForStoredTab(callers, 4);
      const stored = await page.evaluate<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
      expect(stored).not.toMatch(/eyJ|Bearer/);
    });
  });
}
