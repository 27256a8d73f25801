import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const QUERY = '{ pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { status } }';

/** Between the subgraph and the sandbox: answers what the sandbox answers, in another encoding. */
let gateway: Server;
let subgraph: TestSubgraph;
let answer: (plain: Buffer) => { readonly body: Buffer; readonly encoding: string };
const asked: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  gateway = createServer(({ url = "", headers }, response) => {
    asked.push(headers);
    const forwarded = Object.entries(headers).filter(([name]) => name.startsWith("x-")) as [string, string][];
    void fetch(`${subgraph.delbank.url}/baas/api/v1${url}`, { headers: forwarded })
      .then(async (original) => answer(Buffer.from(await original.arrayBuffer())))
      .then(({ body, encoding }) => response.writeHead(200, { "content-encoding": encoding }).end(body));
  });
  await new Promise<void>((resolve) => {
    gateway.listen(0, "127.0.0.1", resolve);
  });
  const { port } = gateway.address() as AddressInfo;
  subgraph = await startSubgraph({ DELBANK_BASE_URL: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  await subgraph.stop();
  gateway.close();
});

test("a provider's answer is read as it is", async () => {
  answer = (body) => ({ body, encoding: "identity" });
  expect(await subgraph.graphql(QUERY)).toEqual({ data: { pixAuthorization: { status: "ACTIVE" } } });
  expect(asked.at(-1)).not.toHaveProperty("accept-encoding");
});

test.each([
  ["the same answer, compressed", (plain: Buffer) => gzipSync(plain)],
  ["64 MiB in 64 kB", () => gzipSync(Buffer.alloc(64 * 2 ** 20, " "))],
])("%s is not what was asked for, and never decompressed", async (_what, compress) => {
  answer = (plain) => ({ body: compress(plain), encoding: "gzip" });
  const { data, errors } = await subgraph.graphql(QUERY);
  expect(data).toEqual({ pixAuthorization: null });
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["PROVIDER_CONTRACT"]);
});
