// The limit: bare node:http and undici doing the same provider call, JSON.parse and JSON.stringify. No GraphQL, no caller's token
// checked, no limits, no errors: nothing that serves this query on Node can be faster.
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo } from "node:net";
import { Pool } from "undici";
import { type ServerArguments, TOKEN_FORM, toMember, type Wire } from "./member-benefits";

const { avibraUrl } = JSON.parse(process.argv[2] ?? "{}") as ServerArguments;
const pool = new Pool(avibraUrl, { connections: 50, pipelining: 1 });

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function main(): Promise<void> {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await pool.request({ method: "POST", path: "/oauth2/token", headers: form, body: TOKEN_FORM });
  const { access_token } = (await answer.body.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };

  const server = createServer((request, response) => {
    void (async () => {
      JSON.parse(await textOf(request));
      const { body } = await pool.request({ method: "GET", path: "/user/benefits/u-1001", headers });
      const me = toMember("u-1001", JSON.parse(await body.text()) as Wire);
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.end(JSON.stringify({ data: { me } }));
    })();
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    process.send?.({ url: `http://127.0.0.1:${port}/` });
  });
  process.on("disconnect", () => process.exit(0));
}

void main();
