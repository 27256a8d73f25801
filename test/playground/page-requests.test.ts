import { type IncomingMessage, type ServerResponse } from "node:http";
import { createFetcher, type FetcherOptions } from "../../src/playground/page/graphql-fetcher";
import { resetSandbox } from "../../src/playground/page/reset-sandbox";
import { type ResultChange } from "../../src/playground/page/tab-results";
import { startHttpServer } from "../kit/http/http-server";
import { waitFor } from "../kit/wait-for";

let server: Awaited<ReturnType<typeof startHttpServer>>;
/** The requests that arrived, in order. */
let received: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
beforeAll(async () => {
  server = await startHttpServer((request, response) => {
    received.push({ request, response });
  });
});
beforeEach(() => {
  received = [];
});
afterAll(() => server.close());

const arrival = (number = 1) => waitFor(() => received[number - 1]);

describe("the playground's requests", () => {
  const QUERY = { query: "query Me { me { id } }" };
  const BODY = { data: { me: { id: "u-1001" } } };

  function createPage(options: Partial<FetcherOptions> = {}) {
    const changes: ResultChange[] = [];
    const page = { activeTab: "first" };
    const fetcher = createFetcher({
      endpoint: server.url,
      getCaller: () => Promise.resolve({ headers: {}, name: "Ana" }),
      getTab: () => page.activeTab,
      onChange: (change) => changes.push(change),
      ...options,
    });
    const run = () => fetcher(QUERY) as AsyncIterableIterator<unknown>;
    return { page, changes, run };
  }

  test("return one response, which is reported to the tab that was open when the request was sent", async () => {
    const { page, changes, run } = createPage();
    const running = run();
    const first = running.next();
    const { response } = await arrival();
    page.activeTab = "second";
    response.end(JSON.stringify(BODY));
    expect(await first).toEqual({ done: false, value: BODY });
    expect(await running.next()).toEqual({ done: true, value: undefined });
    expect(changes).toEqual([
      {
        type: "responded",
        tab: "first",
        completed: { body: BODY, durationMs: expect.any(Number), callerName: "Ana" },
      },
    ]);
  });

  test("that are stopped close their connection, end at once, and are reported as stopped only", async () => {
    const { changes, run } = createPage();
    const running = run();
    const first = running.next();
    const { response } = await arrival();
    const closed = new Promise((resolve) => response.once("close", resolve));
    await running.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(await running.next()).toEqual({ done: true, value: undefined });
    await closed;
    expect(response.writableEnded).toBe(false);
    expect(changes).toEqual([{ type: "stopped", tab: "first" }]);
  });

  test("that are stopped before their token was fetched are not sent", async () => {
    const token = Promise.withResolvers<{ headers: Record<string, string> }>();
    const { changes, run } = createPage({ getCaller: () => token.promise });
    const stopped = run();
    const first = stopped.next();
    await stopped.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    token.resolve({ headers: { authorization: "Bearer late" } });
    const later = run().next();
    const { response } = await arrival();
    response.end(JSON.stringify(BODY));
    await later;
    expect(received).toHaveLength(1);
    expect(changes.map(({ type }) => type)).toEqual(["stopped", "responded"]);
  });

  test("whose response is not JSON are reported with its status", async () => {
    const { changes, run } = createPage();
    const first = run().next();
    const { response } = await arrival();
    response.writeHead(502).end("<html>");
    const message = "The server responded with status 502 and a body that is not JSON: <html>";
    await expect(first).rejects.toThrow(message);
    expect(changes).toMatchObject([{ type: "responded", completed: { body: { errors: [{ message }] } } }]);
  });
});

describe("a reset that the playground requests", () => {
  test.each([
    [204, "", "The sandbox was reset."],
    [409, '{"errors":[{"message":"Its data is never reset."}]}', "The sandbox was not reset: Its data is never reset."],
    [503, "<html>", "The sandbox was not reset: the server responded with status 503."],
  ])("with the response %i %s says: %s", async (status, body, notice) => {
    const result = resetSandbox(server.url);
    const { request, response } = await arrival();
    response.writeHead(status).end(body);
    expect(await result).toEqual({ isReset: status === 204, notice });
    expect(request.headers["apollo-require-preflight"]).toBe("true");
  });
});
