import { startAccounts } from "./fixtures/accounts";
import { startBilling } from "./fixtures/billing";
import { startApolloGateway } from "./gateways/apollo";
import { OUR_NAME } from "./gateways/compose";
import { ROUTER_SECRET } from "./gateways/world";
import { eventually, startProgram } from "../support/program";

// `npm run supergraph`: the built program with both simulated providers, two other teams' subgraphs, and @apollo/gateway before them.

const PORT = 4000;
const SUBGRAPH = "http://127.0.0.1:4001";

const welcome = (url: string) => `
Supergraph  ${url}   (subgraphs benefits-pix, accounts, billing behind @apollo/gateway)
Subgraph    ${SUBGRAPH}/graphql   (refuses whoever lacks the header router-authorization: ${ROUTER_SECRET})

A token, for whom you like:
TOKEN=$(curl -s -H 'router-authorization: ${ROUTER_SECRET}' '${SUBGRAPH}/dev/token?sub=u-1001&tax_id=04623217035&scope=pix:cancel' | cut -d'"' -f4)

Try:
curl -s ${url} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\
  -d '{"query":"{ me { displayName currentOffer { status } } invoices { id authorization { status yearlyAmount { amount currency } } } }"}'

The five example operations are in the README, under "Behind a router". Ctrl-C stops everything.
`;

/** Ends with a signal. The ledger goes with it, so the same idempotency keys work after every start. */
async function main(): Promise<void> {
  const program = startProgram({ ROUTER_SECRETS: ROUTER_SECRET, LOG_LEVEL: "warn" });
  const isUp = await eventually(async () => {
    if (program.process.exitCode !== null) return false;
    return (await fetch(`${SUBGRAPH}/health/live`)).ok || undefined;
  });
  if (!isUp) throw new Error(`The subgraph did not start:\n${program.output()}`);
  const [accounts, billing] = await Promise.all([startAccounts(), startBilling()]);
  const gateway = await startApolloGateway({
    urls: { [OUR_NAME]: `${SUBGRAPH}/graphql`, accounts: accounts.url, billing: billing.url },
    routerSecret: ROUTER_SECRET,
    port: PORT,
  });
  process.stdout.write(welcome(gateway.url));

  const stop = () => {
    program.process.kill("SIGTERM");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  await program.exit;
  await gateway.stop();
  await Promise.all([accounts.stop(), billing.stop()]);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
