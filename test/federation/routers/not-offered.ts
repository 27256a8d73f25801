import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What Hive Router offers and Apollo Router without a license does not. */
export interface Offer {
  readonly offer: string;
  /** The titles of the tests that only Hive Router runs. */
  readonly tests: readonly string[];
  /** Apollo Router's own words when it is asked for it. */
  readonly apolloRefusal: string;
}

export const OFFERS = JSON.parse(readFileSync(join(__dirname, "offers.json"), "utf8")) as readonly Offer[];
