import { readFileSync } from "node:fs";
import { formatTable } from "./docs-format";

interface Offer {
  readonly offer: string;
  readonly apolloRefusal: string;
}

/** What Apollo Router without a license does not offer, in its own words. */
export function renderRouterOffers(): string {
  const offers = JSON.parse(readFileSync("test/federation/routers/offers.json", "utf8")) as readonly Offer[];
  const rows = offers.map(({ offer, apolloRefusal }) => [offer, "yes", `no: \`${apolloRefusal}\``]);
  return formatTable(["claim", "Hive Router", "Apollo Router without a license"], rows);
}
