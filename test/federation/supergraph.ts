import { startClientSide } from "./gateways/client-side";
import { ROUTER_SECRET } from "./gateways/compose";
import { startProgram } from "../kit/start/program";

// `npm run supergraph`: the built program with both simulated providers, two other teams' subgraphs, and @apollo/gateway before them.

const {
  GATEWAY_PORT = "4000",
  PORT = "4001",
  AVIBRA_SANDBOX_PORT = "4101",
  DELBANK_SANDBOX_PORT = "4102",
} = process.env;
const SUBGRAPH = `http://127.0.0.1:${PORT}`;

const welcome = (url: string) => `
Supergraph  ${url}   (subgraphs benefits-pix, accounts, billing behind @apollo/gateway)
Subgraph    ${SUBGRAPH}/graphql   (answers only the gateway)

A token for any member:
TOKEN=$(curl -s '${new URL("/dev/token", url).href}?sub=u-1001&tax_id=04623217035&scope=pix:cancel' | cut -d'"' -f4)

Try:
curl -s ${url} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\
  -d '{"query":"{ me { displayName currentOffer { status } } invoices { id authorization { status yearlyAmount { amount currency } } } }"}'

The five example operations are in docs/platform/router.md. Ctrl-C stops everything.
`;

/** Runs until a signal. The operation store ends with it, so the same idempotency keys can be used after every start. */
async function main(): Promise<void> {
  const ports = { PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT };
  const program = await startProgram({ ...ports, ROUTER_SECRETS: ROUTER_SECRET });
  const clientSide = await startClientSide(SUBGRAPH, Number(GATEWAY_PORT));
  const stop = () => {
    program.process.kill("SIGTERM");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  process.stdout.write(welcome(clientSide.url));

  await program.exit;
  await clientSide.stop();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
