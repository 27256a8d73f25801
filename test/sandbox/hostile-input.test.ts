import { connect } from "node:net";
import { OLDER, send, useSandboxes } from "./vendor-clients";
import { observeRequest } from "../kit/http/request";

const { avibra, delbank } = useSandboxes();
const ACTIVE = "RR0435879820240605njua7shf40o";
const MIB = 1_048_576;

function padded(bytes: number): string {
  return `{"padding":"${"a".repeat(bytes - 14)}"}`;
}

describe.each(["{", "", "null", "[]", '"text"', "7", "\u0000"])("the body %j", (body) => {
  test("is 400 in each vendor's shape", async () => {
    const told = await avibra.post("/user/prefill", "k-1", body);
    expect([told.status, told.json]).toEqual([400, { errorcode: "400", errormessage: expect.any(String) as string }]);
    const { status, json } = await delbank.post(`${OLDER}/${ACTIVE}/cancellations`, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ title: "Bad Request", code: "INVALID_REQUEST" });
  });
});

test("a percent-encoding that is broken is 400 in each vendor's shape", async () => {
  const told = await observeRequest(avibra.url("/user/benefits/%E0%A4%A"), { headers: avibra.bearerHeaders() });
  expect([told.status, JSON.parse(told.text)]).toMatchObject([400, { errorcode: "400" }]);
  const { status, json } = await delbank.get(`${OLDER}/%zz`);
  expect(status).toBe(400);
  expect(json).toMatchObject({ code: "INVALID_REQUEST" });
});

test("a body of 1 MiB is read, one byte more is 413 and is not kept", async () => {
  expect((await avibra.post("/user/prefill", "k-1", padded(MIB))).status).toBe(400);
  const told = await avibra.post("/user/prefill", "k-1", padded(MIB + 1));
  expect([told.status, told.json]).toEqual([413, { errorcode: "413", errormessage: "the body is too large" }]);
  const { status } = await observeRequest(delbank.url(`${OLDER}/x/cancellations`), {
    method: "POST",
    headers: { "transfer-encoding": "chunked" },
    body: padded(4 * MIB),
  });
  expect(status).toBe(413);
  expect((await delbank.control.requests())[0]?.body).toBe("");
  expect((await delbank.control.call("faults", { method: "POST", body: padded(MIB + 1) })).status).toBe(413);
});

test("member names of the prototype are only names", async () => {
  const body = '{"userid":"__proto__","firstname":"Eva","__proto__":{"lastname":"polluted"},"constructor":1}';
  expect((await avibra.post("/user/prefill", "k-1", body)).status).toBe(200);
  const { users } = await avibra.control.state<{ users: { userId: string; profile: object }[] }>();
  expect(users.at(-1)).toMatchObject({ userId: "__proto__", profile: { firstName: "Eva" } });
  expect(users.at(-1)?.profile).not.toHaveProperty("lastname");
  expect({}).not.toHaveProperty("lastname");
});

test.each([
  "not http at all\r\n\r\n",
  "GET http://user@elsewhere:99999/x HTTP/1.1\r\nhost: x\r\n\r\n",
  "POST /user/prefill HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nshort",
  "GET /\u00ff%00?%% HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
  "CONNECT elsewhere:443 HTTP/1.1\r\nhost: x\r\n\r\n",
  `GET /${"a".repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
])("the server survives %j", async (bytes) => {
  const { port, hostname } = new URL(avibra.url(""));
  const socket = connect(Number(port), hostname);
  const ended = new Promise((resolve) => {
    socket.on("data", resolve);
    socket.on("close", resolve);
    socket.on("error", resolve);
  });
  socket.end(bytes, "latin1");
  await ended;
  socket.destroy();
  expect((await send(avibra.url("/__sandbox/state"))).status).toBe(200);
});
