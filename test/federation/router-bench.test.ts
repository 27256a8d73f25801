import { type Server } from "node:http";
import { measureWays } from "../bench/router-rounds";
import { runRound, type Way } from "../bench/router-load";
import { chooseRouterPrograms } from "../bench/router-programs";
import { createRouterOperations, PLAIN_READ } from "../bench/router-operations";
import { startRouterWays } from "../bench/router-ways";
import { startHttpServer } from "../kit/http/http-server";

const REQUESTS = 20;

test("without routers, each operation of the benchmark gets right responses from the subgraph, with a read cache and without", async () => {
  const ways = await startRouterWays([]);
  try {
    const size = { rounds: 1, hasWarmUp: false, seconds: Infinity, maxRequests: REQUESTS };
    const measured = await measureWays(ways, size);
    const rows = measured.map(({ operation, subgraph, way, rounds }) => [
      operation.title,
      `${way.title}, ${subgraph?.title ?? ""}`,
      ...rounds.map(({ responses }) => responses),
    ]);
    const expected = createRouterOperations().flatMap(({ title }) =>
      ["read cache", "no read cache"].map((cache) => [title, `directly, ${cache}`, REQUESTS]),
    );
    expect(rows).toEqual(expected);
  } finally {
    await ways.stop();
  }
});

describe("a round of the benchmark", () => {
  let answer: { readonly status: number; readonly body: object };
  let server: { readonly url: string; readonly server: Server; readonly close: () => Promise<void> };
  beforeAll(async () => {
    server = await startHttpServer((_request, response) => {
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
    });
  });
  afterAll(() => server.close());

  const DATA = { me: { id: "plain" } };
  const run = (operation = PLAIN_READ) => {
    const way: Way = { title: "through a router", url: server.url, side: "supergraph", headers: {}, pids: {} };
    return runRound(way, operation, { headers: [], reference: DATA, seconds: Infinity, maxRequests: REQUESTS });
  };
  const changeOffer = createRouterOperations().find(({ title }) => title === "change-offer");

  test("counts responses with the data of the reference", async () => {
    answer = { status: 200, body: { data: DATA } };
    expect((await run()).responses).toBe(REQUESTS);
  });

  test.each([
    ["other data", 200, { data: { me: { id: "another" } } }],
    ["an error besides its data", 200, { data: DATA, errors: [{ message: "failed" }] }],
    ["another status", 500, { data: DATA }],
  ])("fails at a response with %s", async (_name, status, body) => {
    answer = { status, body };
    await expect(run()).rejects.toThrow("through a router: member-benefits, without enrollment got a wrong response");
  });

  test("fails at a mutation that did not succeed", async () => {
    answer = { status: 200, body: { data: { changeOffer: { operation: { status: "UNCONFIRMED" }, userErrors: [] } } } };
    await expect(run(changeOffer)).rejects.toThrow("change-offer got a wrong response");
  });
});

describe("the routers of the benchmark", () => {
  const APOLLO = {
    title: "Apollo Router",
    variable: "APOLLO_ROUTER",
    buildVariable: "APOLLO_ROUTER_BUILD",
    path: process.execPath,
    version: "2.17.0",
  };
  const HIVE = { title: "Hive Router", variable: "HIVE_ROUTER", reason: "set HIVE_ROUTER" };

  test("are those that were found, with version, size and symbols, and an optimization level only if a variable names it", () => {
    const { programs, notRun } = chooseRouterPrograms([APOLLO, HIVE], {});
    expect(programs).toMatchObject([{ title: "Apollo Router", program: process.execPath }]);
    expect(programs[0]?.description).toMatch(
      /^Apollo Router 2\.17\.0 \(\d+ MB, (not )?stripped(, with debug information)?, as found; APOLLO_ROUTER_BUILD can say how it was built\)$/,
    );
    expect(notRun).toEqual(["Hive Router (set HIVE_ROUTER)"]);
    const said = chooseRouterPrograms([APOLLO], { APOLLO_ROUTER_BUILD: "optimization level 3" });
    expect(said.programs[0]?.description).toContain("said to be built with optimization level 3)");
  });

  test("are not measured if a variable names one that cannot be run", () => {
    const choose = () => chooseRouterPrograms([APOLLO, HIVE], { HIVE_ROUTER: "/nowhere" });
    expect(choose).toThrow("Hive Router: set HIVE_ROUTER");
  });
});
