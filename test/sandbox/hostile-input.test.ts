import { connect } from "node:net";
import { OLDER, send, useSandboxes } from "./vendor-clients";
import { observeRequest } from "../kit/http/request";
import { RECURRENCE_ID } from "../kit/seeds/ids";

const { avibra, delbank } = useSandboxes();
const MIB = 1_048_576;

function createBody(bytes: number): string {
  return `{"padding":"${"a".repeat(bytes - 14)}"}`;
}

describe.each(["{", "", "null", "[]", '"text"', "7", "\u0000"])("a sandbox that receives the body %j", (body) => {
  test("responds with 400 in the vendor's format", async () => {
    const response = await avibra.post("/user/prefill", "k-1", body);
    expect([response.status, response.json]).toEqual([
      400,
      { errorcode: "400", errormessage: expect.any(String) as string },
    ]);
    const { status, json } = await delbank.post(`${OLDER}/${RECURRENCE_ID}/cancellations`, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ title: "Bad Request", code: "INVALID_REQUEST" });
  });
});

test("a sandbox rejects malformed percent-encoding with 400 in the vendor's format", async () => {
  const response = await observeRequest(avibra.url("/user/benefits/%E0%A4%A"), { headers: avibra.bearerHeaders() });
  expect([response.status, JSON.parse(response.text)]).toMatchObject([400, { errorcode: "400" }]);
  const { status, json } = await delbank.get(`${OLDER}/%zz`);
  expect(status).toBe(400);
  expect(json).toMatchObject({ code: "INVALID_REQUEST" });
});

test("a sandbox reads a body of 1 MiB, and rejects a larger one with 413 without logging it", async () => {
  expect((await avibra.post("/user/prefill", "k-1", createBody(MIB))).status).toBe(400);
  const response = await avibra.post("/user/prefill", "k-1", createBody(MIB + 1));
  expect([response.status, response.json]).toEqual([413, { errorcode: "413", errormessage: "the body is too large" }]);
  const { status } = await observeRequest(delbank.url(`${OLDER}/x/cancellations`), {
    method: "POST",
    headers: { "transfer-encoding": "chunked" },
    body: createBody(4 * MIB),
  });
  expect(status).toBe(413);
  expect((await delbank.control.requests())[0]?.body).toBe("");
  expect((await delbank.control.call("faults", { method: "POST", body: createBody(MIB + 1) })).status).toBe(413);
});

test("a sandbox does not change prototypes through member names", async () => {
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
])("a sandbox keeps running after %j", async (bytes) => {
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
