// Another team's subgraph, as a process of its own: it lists the members whose IDs are its arguments.
import { startAccounts } from "../federation/fixtures/accounts";

async function main(): Promise<void> {
  const { url } = await startAccounts(Object.fromEntries(process.argv.slice(2).map((id) => [id, `Member ${id}`])));
  process.on("disconnect", () => process.exit(0));
  process.send?.({ url });
}

void main();
