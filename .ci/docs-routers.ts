import { readFileSync } from "node:fs";
import { formatTable } from "./docs-format";

interface NotOffered {
  readonly claim: string;
  readonly refusals: Readonly<Record<string, string>>;
}

/** What a router does not offer, in its own words; Apollo Router without a license. */
export function renderRouterOffers(): string {
  const table = JSON.parse(readFileSync("test/federation/routers/not-offered.json", "utf8")) as readonly NotOffered[];
  const rows = table.map(({ claim, refusals }) => [
    claim,
    ...["Hive Router", "Apollo Router"].map((router) => (refusals[router] ? `no: \`${refusals[router]}\`` : "yes")),
  ]);
  return formatTable(["claim", "Hive Router", "Apollo Router without a license"], rows);
}
