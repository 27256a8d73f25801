import { measureWays } from "../../bench/router-rounds";
import { startRouterWays } from "../../bench/router-ways";
import { ROUTERS } from "./routers";

const REQUESTS = 20;

const found = ROUTERS.filter(({ program }) => program !== undefined);
const titles = found.map(({ title }) => title);

test(`each operation of the benchmark gets right responses through ${titles.join(" and ")}, and from its peer`, async () => {
  const ways = await startRouterWays(found);
  try {
    const size = { rounds: 1, hasWarmUp: false, seconds: Infinity, maxRequests: REQUESTS };
    const measured = await measureWays(ways, size);
    const peers = titles.includes("Apollo Router") ? ["Apollo Connectors"] : [];
    const expected = ["directly", ...titles.map((title) => `through ${title}`), ...peers];
    expect(new Set(measured.map(({ way }) => way.title))).toEqual(new Set(expected));
    const responses = measured.flatMap(({ rounds }) => rounds.map((round) => round.responses));
    expect(responses).toEqual(measured.map(() => REQUESTS));
  } finally {
    await ways.stop();
  }
});
