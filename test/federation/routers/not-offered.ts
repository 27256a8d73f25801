import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A claim that a router does not offer as it is run here: Apollo Router without a license. */
export interface NotOffered {
  readonly claim: string;
  /** The titles of its tests, which only the other routers run. */
  readonly tests: readonly string[];
  /** The router's own words when it is asked for it, by its title. */
  readonly refusals: Readonly<Record<string, string>>;
}

const TABLE = JSON.parse(readFileSync(join(__dirname, "not-offered.json"), "utf8")) as readonly NotOffered[];

/** The claims that this router does not offer, with its words. */
export const findNotOffered = (title: string) =>
  TABLE.flatMap(({ claim, tests, refusals }) => {
    const refusal = refusals[title];
    return refusal === undefined ? [] : [{ claim, tests, refusal }];
  });
