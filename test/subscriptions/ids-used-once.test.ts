import { withUniqueSubscriptionIds } from "../../src/platform/graphql/subscriptions/websocket/unique-subscription-ids";

test("what a completed subscription sends late is not sent under its id, nor does it end the one that has the id now", async () => {
  const sent: unknown[] = [];
  const heard: { id: string }[] = [];
  let hear: (text: string) => Promise<void> = () => Promise.resolve();
  const socket = withUniqueSubscriptionIds({
    protocol: "graphql-transport-ws",
    send: (text) => void sent.push(JSON.parse(text)),
    close: (code) => void sent.push(code),
    onMessage: (handle) => void (hear = handle),
  });
  socket.onMessage((text) => Promise.resolve(void heard.push(JSON.parse(text) as { id: string })));
  const subscribe = JSON.stringify({ type: "subscribe", id: "a:1", payload: { query: "{ a }" } });
  for (const text of [subscribe, JSON.stringify({ type: "complete", id: "a:1" }), subscribe]) await hear(text);
  const [first, completed, second] = heard.map(({ id }) => id);
  expect(completed).toBe(first);
  expect(second).not.toBe(first);
  const next = { type: "next", payload: { data: { a: 1 } } };
  for (const late of [next, { type: "error", payload: [{ message: "late" }] }, { type: "complete" }]) {
    await socket.send(JSON.stringify({ ...late, id: first }));
  }
  expect(sent).toEqual([]);
  for (const own of [next, { type: "complete" }]) await socket.send(JSON.stringify({ ...own, id: second }));
  expect(sent).toEqual([
    { ...next, id: "a:1" },
    { type: "complete", id: "a:1" },
  ]);
});
