import { type Browser, type Page } from "playwright-core";
import { type HttpServer, startHttpServer } from "../../kit/http/http-server";
import { MEMBER_ID } from "../../kit/seeds/ids";
import { openPage, startBrowser } from "../../kit/start/browser";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { UNKNOWN_OPERATION } from "../../kit/subscriptions/documents";

const servers: HttpServer[] = [];
let browser: Browser;
let subgraph: TestSubgraph;
let listed: HttpServer;
let other: HttpServer;
beforeAll(async () => {
  const startFrontend = async () => {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>A frontend</title>");
    });
    servers.push(server);
    return server;
  };
  [listed, other, browser] = await Promise.all([startFrontend(), startFrontend(), startBrowser()]);
  subgraph = await startSubgraph({ CORS_ORIGINS: listed.url });
});
afterAll(async () => {
  await browser.close();
  await subgraph.stop();
  await Promise.all(servers.map((server) => server.close()));
});

/** What the page's own code sees of a query. */
const query = (page: Page, url: string, headers: Readonly<Record<string, string>>) =>
  page.evaluate(
    async ([endpoint, sent]) => {
      const init = { method: "POST", headers: sent, body: JSON.stringify({ query: "{ me { id } }" }) };
      try {
        const response = await fetch(endpoint, init);
        return { body: await response.json(), requestId: response.headers.get("x-request-id") };
      } catch (error) {
        return (error as Error).message;
      }
    },
    [url, headers] as const,
  );

/** The messages of a subscription that ends immediately, or how the WebSocket failed. */
const subscribe = (page: Page, url: string, token: string, document: string) =>
  page.evaluate(
    ([endpoint, authorization, text]) =>
      new Promise<unknown>((resolve) => {
        const socket = new WebSocket(endpoint.replace("http", "ws"), "graphql-transport-ws");
        const types: string[] = [];
        const send = (message: object) => {
          socket.send(JSON.stringify(message));
        };
        socket.onopen = () => {
          send({ type: "connection_init", payload: { authorization } });
        };
        socket.onclose = ({ code }) => {
          resolve(`closed with ${code}`);
        };
        socket.onmessage = ({ data }) => {
          const { type } = JSON.parse(data as string) as { type: string };
          types.push(type);
          if (type === "connection_ack") send({ type: "subscribe", id: "1", payload: { query: text } });
          if (type === "complete" || type === "error") resolve(types);
        };
      }),
    [url, `Bearer ${token}`, document] as const,
  );

async function open({ url }: HttpServer): Promise<Page> {
  const { page } = await openPage(browser, url, {});
  await page.goto("/");
  return page;
}

test("a page of a listed origin queries with a token, reads refusals and subscribes, in a browser", async () => {
  const page = await open(listed);
  const endpoint = `${subgraph.url}/graphql`;
  const token = await subgraph.token({ sub: MEMBER_ID });
  const headers = {
    "content-type": "application/json",
    "x-request-id": "page-0001",
    "apollographql-client-name": "page",
  };
  expect(await query(page, endpoint, { ...headers, authorization: `Bearer ${token}` })).toEqual({
    body: { data: { me: { id: MEMBER_ID } } },
    requestId: "page-0001",
  });
  expect(await query(page, endpoint, { ...headers, authorization: "Bearer forged" })).toMatchObject({
    body: { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    requestId: "page-0001",
  });
  expect(await query(page, endpoint, { ...headers, "x-unlisted": "1" })).toBe("Failed to fetch");
  expect(await subscribe(page, endpoint, token, UNKNOWN_OPERATION)).toEqual(["connection_ack", "error"]);
});

test("a page of an origin that is not listed neither reads a response nor opens a WebSocket, in a browser", async () => {
  const page = await open(other);
  const endpoint = `${subgraph.url}/graphql`;
  const token = await subgraph.token({ sub: MEMBER_ID });
  const headers = { authorization: `Bearer ${token}` };
  subgraph.logs.length = 0;
  expect(await query(page, endpoint, { ...headers, "content-type": "application/json" })).toBe("Failed to fetch");
  expect(await query(page, endpoint, { "content-type": "text/plain" })).toBe("Failed to fetch"); // without a preflight request
  expect(await subscribe(page, endpoint, token, UNKNOWN_OPERATION)).toBe("closed with 1006");
  expect(subgraph.logs.filter((line) => line.includes('"status":200') && line.includes("/graphql"))).toEqual([]);
});
