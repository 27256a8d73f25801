import { RequestLog } from "../../src/sandbox/server/request-log";

const KEPT = 100_000;

function paths(log: RequestLog): string[] {
  return log.list().map((row) => (row as { path: string }).path);
}

test("keeps the newest 100,000 requests, still in order of arrival", () => {
  const log = new RequestLog();
  for (let index = 0; index < KEPT + 3; index += 1) {
    log.add({ method: "GET", path: `/${index}`, headers: {}, body: "", atMs: 0 });
  }
  const kept = paths(log);
  expect(kept).toHaveLength(KEPT);
  expect([kept[0], kept.at(-1)]).toEqual(["/3", `/${KEPT + 2}`]);
  log.clear();
  log.add({ method: "GET", path: "/again", headers: {}, body: "", atMs: 0 });
  expect(paths(log)).toEqual(["/again"]);
});
