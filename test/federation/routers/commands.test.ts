import { join, relative } from "node:path";
import { freePort } from "../../kit/free-port";
import { findCodeBlocks, readText } from "../../kit/pages";
import { MEMBER_ID } from "../../kit/seeds/ids";
import { createTempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { expectBannersQueryToSucceed, killCommands, run, startCommand } from "../gateways/supergraph-command";
import { ROUTERS } from "./routers";

// The commands of the page Router, as its readers run them.

const [, section = ""] = /^## Try it with a router\n(.*?)^## /ms.exec(readText("docs/platform/router.md")) ?? [];
const [demonstrations = "", startSubgraph = "", startApollo = "", query = "", startHive = ""] = findCodeBlocks(
  section,
).map(({ text }) => text);
const RESPONSE = /returns `(.*?)`:/.exec(section)?.[1] ?? "no response on the page";

const found = ROUTERS.filter(({ program }) => program !== undefined);
const folder = createTempDirectory("router-commands");
let keys: TokenIssuer;
beforeAll(async () => (keys = await startTokenIssuer()));
afterAll(async () => {
  killCommands();
  await keys.close();
  folder.remove();
});

test.each(found)("npm run supergraph starts $title and prints a query that it answers", async ({ title, variable }) => {
  const GATEWAY = title.toLowerCase().replace(" ", "-");
  expect(demonstrations).toMatch(new RegExp(`^${variable}=\\S+ GATEWAY=${GATEWAY} npm run supergraph$`, "m"));
  const command = await startCommand({ GATEWAY });
  expect(command.banner).toContain(`behind ${title}`);
  await expectBannersQueryToSucceed(command);
  command.kill("SIGTERM");
  expect(await command.exit).toBe(0);
  await command.waitUntilGone();
});

const PORTS = ["4000", "4001", "8088", "4040"];
const NO_ISSUER = /AUTH_JWKS_URL=… AUTH_ISSUER=… AUTH_AUDIENCE=… /;
const BY_HAND = {
  "Apollo Router": { start: startApollo, environment: () => ({}) },
  "Hive Router": {
    start: startHive,
    environment: () => ({ AUTH_JWKS_URL: keys.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE }),
  },
};

test.each(found)("the commands that start $title by hand lead to the response on the page", async (kind) => {
  const { start, environment } = BY_HAND[kind.title as keyof typeof BY_HAND];
  const ports = new Map<string, number>();
  for (const port of PORTS) ports.set(port, await freePort());
  const replaced = (command: string) =>
    [...ports]
      .reduce((text, [port, free]) => text.replaceAll(port, `${free}`), command)
      .replace(NO_ISSUER, "")
      .replace(/\/opt\/\S+/, kind.program ?? "")
      .replaceAll("supergraph.graphql", relative("", join(folder.path, `${kind.variable}.graphql`)));
  const programs = [
    run("sh", ["-c", replaced(startSubgraph)], {
      PORT: `${ports.get("4001") ?? ""}`,
      AVIBRA_SANDBOX_PORT: `${await freePort()}`,
      DELBANK_SANDBOX_PORT: `${await freePort()}`,
      DATA_DIRECTORY: join(folder.path, kind.variable),
      ...environment(),
    }),
    run("sh", ["-c", replaced(start)], environment()),
  ];
  // The subgraph's own tokens are valid only without another issuer.
  const ask = kind.title === "Hive Router" ? query.replace(/^TOKEN=.*\n/, "") : query;
  const TOKEN = await keys.sign({ sub: MEMBER_ID });
  await waitFor(async () => {
    const shell = run("sh", ["-c", replaced(ask)], { TOKEN });
    await shell.exit;
    return shell.output() === RESPONSE || undefined;
  });
  for (const program of programs) program.killGroup("SIGTERM");
  await Promise.all(programs.map((program) => program.waitUntilGone()));
});
