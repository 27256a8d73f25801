import { once } from "node:events";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { startSandboxes, type Sandboxes } from "../../src/sandbox";
import { createCertificateAuthority, type CertificateIdentity } from "../kit/certificates";
import { createSandboxControl } from "../kit/sandbox-control";
import { createControlledStore, OPERATION_TIMEOUT_MS } from "../kit/operations/controlled-store";
import { createSandboxHandlers } from "../kit/operations/sandbox-handlers";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";

const DAY_MS = 86_400_000;

let sandboxes: Sandboxes;
let authority: Awaited<ReturnType<typeof createCertificateAuthority>>;
let identity: CertificateIdentity;
let notYetValid: CertificateIdentity;
beforeAll(async () => {
  sandboxes = await startSandboxes();
  authority = await createCertificateAuthority("authority");
  identity = await authority.issue("delbank");
  const tomorrow = { notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 2 * DAY_MS) };
  notYetValid = await authority.issue("delbank", tomorrow);
});
afterAll(() => sandboxes.close());

/** What happens to one TCP connection. */
type Step = (servers: { readonly intact: HttpsServer; readonly unacceptable: HttpsServer }, socket: Socket) => void;

/** Delbank's sandbox with TLS; each request opens a new connection. */
async function startTlsSandbox() {
  const methods: string[] = [];
  const relay = (tls: CertificateIdentity) =>
    createHttpsServer(tls, (request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const own = ["host", "connection", "content-length"]; // of this connection
        const headers = Object.entries(request.headers).filter(([name]) => !own.includes(name));
        const forwarded = await fetch(`${sandboxes.delbank.url}${request.url ?? ""}`, {
          method: request.method ?? "GET",
          headers: Object.fromEntries(headers) as Record<string, string>,
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        });
        methods.push(request.method ?? "");
        response.writeHead(forwarded.status, { "content-type": "application/json", connection: "close" });
        response.end(await forwarded.text());
      })();
    }).on("tlsClientError", () => undefined);
  const intact = relay(identity);
  const unacceptable = relay(notYetValid);
  const onConnection: ((socket: Socket) => void)[] = [];
  const front = createServer((socket) => {
    socket.on("error", () => undefined);
    const next = onConnection.shift() ?? ((connection: Socket) => intact.emit("connection", connection));
    next(socket);
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  return {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    methods,
    /** What happens to the next connections; the ones after them are served. */
    next(...steps: readonly Step[]) {
      for (const step of steps) {
        onConnection.push((socket) => {
          step({ intact, unacceptable }, socket);
        });
      }
    },
    close: () => front.close(),
  };
}

const served: Step = ({ intact }, socket) => intact.emit("connection", socket);
const afterHello =
  (then: (socket: Socket) => void): Step =>
  (_servers, socket) =>
    socket.once("data", () => {
      then(socket);
    });

describe("a cancellation whose TLS handshake breaks", () => {
  const breaks: readonly (readonly [string, Step])[] = [
    ["with a reset", afterHello((socket) => socket.resetAndDestroy())],
    ["with a FIN", afterHello((socket) => socket.end())],
    ["with an alert", afterHello((socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40])))],
    ["with a response that is not TLS", afterHello((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))],
    ["because the certificate is not valid yet", ({ unacceptable }, socket) => unacceptable.emit("connection", socket)],
  ];

  test.each(breaks)("%s stays PENDING with no attempt, and is sent once by a later poll", async (_how, broken) => {
    const tls = await startTlsSandbox();
    const control = createSandboxControl(sandboxes.delbank.url);
    await control.reset();
    const clients = createSandboxHandlers(sandboxes, { delbankUrl: tls.url, tls: { ca: authority.cert } });
    const b = await createControlledStore(clients.handlers);
    const request = {
      kind: "CANCEL_PIX_AUTHORIZATION",
      principal: "principal-1",
      idempotencyKey: "key-1",
      input: {
        recurrenceId: RECURRENCE_ID,
        requesterType: "NATURAL",
        requesterDocument: PAYER_TAX_ID,
        reason: "REQUESTED_BY_PAYER",
        payerTaxId: null,
      },
      recurrenceId: RECURRENCE_ID,
      deadline: createDeadline(b.monotonic, OPERATION_TIMEOUT_MS),
    };

    tls.next(served, broken); // the authorization is read before the cancellation
    const unsent = { status: "PENDING", sentAt: null, attempts: 0 };
    expect(await b.runner.run(request)).toMatchObject({ outcome: "done", operation: unsent });
    expect(tls.methods).toEqual(["GET"]);

    await b.advanceAndPoll(10_000);
    expect(await b.store.findByKey("principal-1", "key-1")).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(tls.methods.filter((method) => method === "POST")).toHaveLength(1);
    expect((await control.state()).commits).toHaveLength(1);
    await clients.close();
    await b.database.close();
    tls.close();
  });
});
