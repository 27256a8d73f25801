import { testAccessibility } from "./accessibility";
import { testCallers } from "./callers";
import { testFrontDoor } from "./front-door";
import { testLayout } from "./layout";
import { type OpenPages, openPages } from "./open-pages";
import { testOperations } from "./operations";
import { testReference } from "./reference";

// One suite, so that one browser serves all of it: to load the playground is what costs most.
let pages: OpenPages;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  pages = await openPages((stop) => stops.push(stop));
});
afterAll(async () => {
  for (const stop of stops) await stop(); // the browser first: it keeps connections
});
beforeEach(async () => {
  await Promise.all([pages.subgraph.avibra.reset(), pages.subgraph.delbank.reset()]);
});
afterEach(() => {
  expect(pages.takeViolations()).toEqual([]); // no test makes a page violate its policy
});

const getPages = () => pages;
testFrontDoor(getPages); // first, because it looks at pages on which nothing was run
testLayout(getPages); // first, because it looks at pages on which nothing was run
testOperations(getPages);
testCallers(getPages);
testAccessibility(getPages);
testReference(getPages);
