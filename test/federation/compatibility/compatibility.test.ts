import { readdirSync } from "node:fs";
import { join } from "node:path";
import { startCompatibilitySupergraph, SUITE } from "./supergraph";

type Send = (request: object, headers?: object) => Promise<unknown>;

/** How the suite's tests reach the subgraph and the gateway: functions of one module, with fixed ports. */
interface SuiteClient {
  readonly graphqlRequest: (url: string, ...rest: Parameters<Send>) => ReturnType<Send>;
  productsRequest: Send;
  routerRequest: Send;
}

/** The suite's test files. */
const ASPECTS = [
  "composeDirective",
  "ftv1",
  "inaccessible",
  "interfaceObject",
  "introspection",
  "key",
  "link",
  "override",
  "provides",
  "requires",
  "shareable",
  "tag",
];

describe("Apollo's compatibility suite, against a subgraph that our schema builder builds", () => {
  let supergraph: Awaited<ReturnType<typeof startCompatibilitySupergraph>>;
  beforeAll(async () => {
    supergraph = await startCompatibilitySupergraph();
    const client = jest.requireActual<SuiteClient>(join(SUITE, "utils/client.js"));
    client.productsRequest = (...request) => client.graphqlRequest(supergraph.productsUrl, ...request);
    client.routerRequest = (...request) => client.graphqlRequest(supergraph.gatewayUrl, ...request);
  });
  afterAll(() => supergraph.stop());

  for (const aspect of ASPECTS) jest.requireActual(join(SUITE, `tests/${aspect}.test.js`));

  test("has no test file that does not run here", () => {
    const files = readdirSync(join(SUITE, "tests")).filter((file) => file.endsWith(".test.js"));
    expect(files.sort()).toEqual(ASPECTS.map((aspect) => `${aspect}.test.js`));
  });
});
