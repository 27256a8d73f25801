import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Git, findSchemaBase } from "../../.ci/schema-base";
import { breakingChanges, type CommittedSchema } from "../../.ci/schema-changes";

const read = (file: string) => readFileSync(join(__dirname, "../../schema", file), "utf8");
const now: CommittedSchema = { api: read("api.graphql"), subgraph: read("subgraph.graphql") };

/** One of the files with another text in the place of one that it must hold. */
function planted(found: RegExp, put: string, file: keyof CommittedSchema = "api"): CommittedSchema {
  expect(found.test(now[file])).toBe(true);
  return { ...now, [file]: now[file].replace(found, put) };
}

describe("breaking changes of the schema", () => {
  test.each([
    [
      "a removed field",
      planted(/"""The currency's ISO[^"]*"""\s+currency: String!/, ""),
      "Money.currency was removed.",
    ],
    [
      "a field that may become null",
      planted(/currency: String!/, "currency: String"),
      "Money.currency changed type from String! to String.",
    ],
    [
      "a new argument that is required",
      planted(/enrollment: Enrollment!/, "enrollment(at: DateTime!): Enrollment!"),
      "A required arg at on User.enrollment was added.",
    ],
    [
      "a new member of an input that is required",
      planted(/input CancelUserInput \{/, "input CancelUserInput { reason: String!"),
      "A required field reason on input type CancelUserInput was added.",
    ],
    [
      "a removed value of an enum",
      planted(/"""An offer is active for the member."""\n {2}OFFER_ACTIVE/, ""),
      "OFFER_ACTIVE was removed from enum type EnrollmentStatus.",
    ],
    [
      "another key of an entity",
      planted(/@key\(fields: "userId id"\)/, '@key(fields: "id")', "subgraph"),
      'Benefit @key(fields: "userId id") was removed.',
    ],
    [
      "a key that is not resolved any more",
      planted(/@key\(fields: "recurrenceId"\)/, '@key(fields: "recurrenceId", resolvable: false)', "subgraph"),
      'PixAuthorization @key(fields: "recurrenceId") was removed.',
    ],
    [
      "a type that others share",
      planted(/type Money @shareable/, "type Money", "subgraph"),
      "Money @shareable was removed.",
    ],
    [
      "a field that demands a scope",
      planted(
        /availableOffers: \[Offer!\]!/,
        'availableOffers: [Offer!]! @requiresScopes(scopes: [["offers"]])',
        "subgraph",
      ),
      'User.availableOffers @requiresScopes(scopes: [["offers"]]) was added.',
    ],
  ])("%s is one", (_what, after, sentence) => {
    expect(breakingChanges(now, after)).toEqual([sentence]);
  });

  test.each([
    ["no change", now],
    [
      "a new field that demands a token",
      planted(/enrollment: Enrollment!/, "enrollment: Enrollment! nickname: String @authenticated", "subgraph"),
    ],
    [
      "a new argument that may be left out",
      planted(/enrollment: Enrollment!/, "enrollment(at: DateTime): Enrollment!"),
    ],
    ["a new value of an enum", planted(/ {2}OFFER_ACTIVE/, "  OFFER_ACTIVE PAUSED")],
    [
      "one more key",
      planted(/@key\(fields: "userId id"\)/, '@key(fields: "userId id") @key(fields: "id")', "subgraph"),
    ],
    ["another description", planted(/"""The member's ID\."""/, '"""Who."""')],
  ])("%s is none", (_what, after) => {
    expect(breakingChanges(now, after)).toEqual([]);
  });
});

describe("what the schema is compared with", () => {
  /** A repository as far as is asked of it: what git says to a command. */
  const repository =
    (says: Readonly<Record<string, string>>): Git =>
    (...args) =>
      says[args.join(" ")];
  const STATUS = "status --porcelain -- schema/api.graphql schema/subgraph.graphql";
  const LOG = "log -1 --format=%H -- schema/api.graphql schema/subgraph.graphql";

  test.each([
    [
      "the last commit, while the change is not committed",
      { [STATUS]: " M schema/api.graphql", "rev-parse --verify HEAD": "c3" },
      "c3",
    ],
    [
      "the commit before the last change of the schema",
      { [STATUS]: "", [LOG]: "c2", "rev-parse --verify --quiet c2^": "c1" },
      "c1",
    ],
    ["nothing in a shallow clone", { [STATUS]: "", [LOG]: "c2" }, undefined],
    ["nothing where there is no repository", {}, undefined],
  ])("%s", (_what, says, base) => {
    expect(findSchemaBase(repository(says))).toBe(base);
  });
});
