import { RequestLog } from "../../src/sandbox/server/request-log";

const CAPACITY = 100_000;

function paths(log: RequestLog): string[] {
  return log.list().map((row) => (row as { path: string }).path);
}

test("the request log keeps the newest 100,000 requests in order of arrival", () => {
  const log = new RequestLog();
  for (let index = 0; index < CAPACITY + 3; index += 1) {
    log.add({ method: "GET", path: `/${index}`, headers: {}, body: "", atMs: 0, isAborted: false });
  }
  const logged = paths(log);
  expect(logged).toHaveLength(CAPACITY);
  expect([logged[0], logged.at(-1)]).toEqual(["/3", `/${CAPACITY + 2}`]);
  log.clear();
  log.add({ method: "GET", path: "/again", headers: {}, body: "", atMs: 0, isAborted: false });
  expect(paths(log)).toEqual(["/again"]);
});
