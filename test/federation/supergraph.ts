import { startApolloGateway } from "./gateways/apollo";
import { startClientSide } from "./gateways/client-side";
import { ROUTER_SECRET } from "./gateways/compose";
import { startDeveloperKeys } from "./gateways/developer-keys";
import { type StartGateway } from "./gateways/gateway";
import { hiveGateway } from "./gateways/hive";
import { findPortProblems } from "./gateways/port-problems";
import { createStops } from "./gateways/stops";
import { type RouterKind, ROUTERS } from "./routers/routers";
import { startRouter } from "./routers/start-router";
import { startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";
import { AUDIENCE, ISSUER } from "../kit/tokens/token-issuer";

// `npm run supergraph`: the built program with both simulated providers, two other teams' subgraphs, and a gateway before them.

interface GatewayChoice {
  readonly name: string;
  /** `keysUrl`: the keys of the tokens. */
  readonly start: (keysUrl: string) => StartGateway;
  readonly hasSubscriptions: boolean;
  /** The router's files turn introspection off, which the playground needs. */
  readonly hasPlayground: boolean;
  /** Why it cannot be started. */
  readonly problem?: string;
}

/** A router that is a program of its own, with its file of schema/routers. */
const routerChoice = (kind: RouterKind): GatewayChoice => ({
  name: kind.title,
  start: (keysUrl) => (options) => startRouter(kind, { ...options, keysUrl }),
  hasSubscriptions: kind.title === "Hive Router",
  hasPlayground: false,
  ...(!kind.program && { problem: `GATEWAY: set ${kind.variable} to the program of ${kind.title}` }),
});
const GATEWAYS: Readonly<Record<string, GatewayChoice>> = {
  hive: {
    name: "Hive Gateway",
    start: () => hiveGateway("JavaScript"),
    hasSubscriptions: true,
    hasPlayground: true,
  },
  apollo: { name: "@apollo/gateway", start: () => startApolloGateway, hasSubscriptions: false, hasPlayground: true },
  ...Object.fromEntries(ROUTERS.map((kind) => [kind.title.toLowerCase().replace(" ", "-"), routerChoice(kind)])),
};
const getVariable = (name: string, fallback: string) => process.env[name] || fallback;

const SUBSCRIPTION = 'subscription { userEvents(userId: \\"u-1001\\") { kind } }';
const renderSubscription = (url: string, { hasPlayground }: GatewayChoice) => `
Subscribe, then change the offer${hasPlayground ? " in the playground" : ", with its example operation"}:
curl -sN ${url} -H 'content-type: application/json' -H 'accept: text/event-stream, application/json' -H "authorization: Bearer $TOKEN" \\
  -d '{"query":"${SUBSCRIPTION}"}'
`;

const renderPlayground = (url: string, { hasSubscriptions, hasPlayground }: GatewayChoice) =>
  hasPlayground
    ? `Playground  ${new URL("/", url).href}   (choose a member, run an example${hasSubscriptions ? ", subscribe" : ""})\n`
    : "";

const renderWelcome = (url: string, subgraph: string, gateway: GatewayChoice) => `
${renderPlayground(url, gateway)}Supergraph  ${url}   (subgraphs benefits-pix, accounts, billing behind ${gateway.name})
Subgraph    ${subgraph}/graphql   (answers only the gateway)

A token for any member:
TOKEN=$(curl -s '${new URL("/dev/token", url).href}?sub=u-1001&tax_id=04623217035&scope=pix:cancel' | cut -d'"' -f4)

Query:
curl -s ${url} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\
  -d '{"query":"{ me { displayName currentOffer { status } } invoices { id authorization { yearlyAmount { amount currency } } } }"}'
${gateway.hasSubscriptions ? renderSubscription(url, gateway) : `\n${gateway.name} has no subscriptions here; GATEWAY=hive has.\n`}
The five example operations are in docs/platform/router.md. Ctrl-C stops everything.
`;

/** Runs until a signal. The operation store ends with it, so the same idempotency keys can be used after every start. */
async function main(signaled: Promise<undefined>): Promise<void> {
  const gateway = GATEWAYS[getVariable("GATEWAY", "hive")];
  if (!gateway) throw new Error(`GATEWAY: must be one of: ${Object.keys(GATEWAYS).join(", ")}`);
  if (gateway.problem !== undefined) throw new Error(gateway.problem);
  const programPorts = {
    PORT: getVariable("PORT", "4001"),
    AVIBRA_SANDBOX_PORT: getVariable("AVIBRA_SANDBOX_PORT", "4101"),
    DELBANK_SANDBOX_PORT: getVariable("DELBANK_SANDBOX_PORT", "4102"),
  };
  const gatewayPort = getVariable("GATEWAY_PORT", "4000");
  const problems = await findPortProblems({ GATEWAY_PORT: gatewayPort, ...programPorts });
  if (problems.length > 0) throw new Error(problems.join("\n"));

  const { add, stopAll } = createStops();
  const { path: dataDirectory, remove: removeDataDirectory } = createTempDirectory("supergraph");
  try {
    const environment = { DATA_DIRECTORY: dataDirectory, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE };
    const starting = startProgram({ ...programPorts, ...environment, ROUTER_SECRETS: ROUTER_SECRET });
    const program = await add(starting, async (one) => {
      await one.stop();
      await one.exit;
    });
    const keys = await add(startDeveloperKeys(dataDirectory), (one) => one.close());
    const startGateway = gateway.start(keys.url);
    const clientSide = await add(startClientSide(program.url, { startGateway, port: Number(gatewayPort) }), (one) =>
      one.stop(),
    );
    process.stdout.write(renderWelcome(clientSide.url, program.url, gateway));

    const programEnded = program.exit.then(() => {
      throw new Error(`the subgraph ended:\n${program.output()}`);
    });
    await Promise.race([signaled, programEnded, ...(clientSide.failure ? [clientSide.failure] : [])]);
  } finally {
    await stopAll();
    removeDataDirectory();
  }
}

let hasSignal = false;
/** A second signal has no effect: npm repeats the one that the terminal sends. */
const signaled = new Promise<undefined>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      hasSignal = true;
      resolve(undefined);
    });
  }
});
main(signaled).then(
  () => process.exit(0),
  (error: unknown) => {
    if (hasSignal) process.exit(0); // Ctrl-C is sent to the child processes too: a start or a run fails by it
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
