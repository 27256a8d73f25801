import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Git, findSchemaBase } from "../../.ci/schema-base";
import { breakingChanges, type CommittedSchema } from "../../.ci/schema-changes";

const read = (file: string) => readFileSync(join(__dirname, "../../schema", file), "utf8");
const committed: CommittedSchema = { api: read("api.graphql"), subgraph: read("subgraph.graphql") };

/** The committed schema with the first match of `found` replaced in one of its files. */
function schemaWith(found: RegExp, replacement: string, file: keyof CommittedSchema = "api"): CommittedSchema {
  expect(found.test(committed[file])).toBe(true);
  return { ...committed, [file]: committed[file].replace(found, replacement) };
}

describe("the check for breaking changes of the schema", () => {
  test.each([
    [
      "a removed field",
      schemaWith(/"""The currency's ISO[^"]*"""\s+currency: String!/, ""),
      "Money.currency was removed.",
    ],
    [
      "a field that may become null",
      schemaWith(/currency: String!/, "currency: String"),
      "Money.currency changed type from String! to String.",
    ],
    [
      "a new argument that is required",
      schemaWith(/enrollment: Enrollment!/, "enrollment(at: DateTime!): Enrollment!"),
      "A required arg at on User.enrollment was added.",
    ],
    [
      "a new member of an input that is required",
      schemaWith(/input CancelUserInput \{/, "input CancelUserInput { reason: String!"),
      "A required field reason on input type CancelUserInput was added.",
    ],
    [
      "a removed value of an enum",
      schemaWith(/"""An offer is active for the member."""\n {2}OFFER_ACTIVE/, ""),
      "OFFER_ACTIVE was removed from enum type EnrollmentStatus.",
    ],
    [
      "a changed key of an entity",
      schemaWith(/@key\(fields: "userId id"\)/, '@key(fields: "id")', "subgraph"),
      'Benefit @key(fields: "userId id") was removed.',
    ],
    [
      "a key that is no longer resolvable",
      schemaWith(/@key\(fields: "recurrenceId"\)/, '@key(fields: "recurrenceId", resolvable: false)', "subgraph"),
      'PixAuthorization @key(fields: "recurrenceId") was removed.',
    ],
    [
      "a type that is no longer shareable",
      schemaWith(/type Money @shareable/, "type Money", "subgraph"),
      "Money @shareable was removed.",
    ],
    [
      "a field that newly requires a scope",
      schemaWith(
        /availableOffers: \[Offer!\]/,
        'availableOffers: [Offer!] @requiresScopes(scopes: [["offers"]])',
        "subgraph",
      ),
      'User.availableOffers @requiresScopes(scopes: [["offers"]]) was added.',
    ],
  ])("reports %s", (_what, after, sentence) => {
    expect(breakingChanges(committed, after)).toEqual([sentence]);
  });

  test.each([
    ["no change", committed],
    [
      "a new field that requires a token",
      schemaWith(/enrollment: Enrollment!/, "enrollment: Enrollment! nickname: String @authenticated", "subgraph"),
    ],
    ["a new optional argument", schemaWith(/enrollment: Enrollment!/, "enrollment(at: DateTime): Enrollment!")],
    ["a new value of an enum", schemaWith(/ {2}OFFER_ACTIVE/, "  OFFER_ACTIVE PAUSED")],
    [
      "an additional key of an entity",
      schemaWith(/@key\(fields: "userId id"\)/, '@key(fields: "userId id") @key(fields: "id")', "subgraph"),
    ],
    ["a changed description", schemaWith(/"""The member's ID\."""/, '"""Who."""')],
  ])("accepts %s", (_what, after) => {
    expect(breakingChanges(committed, after)).toEqual([]);
  });
});

describe("the base that the schema is compared with is", () => {
  /** A repository in which git prints this for each command; undefined if the command fails. */
  const repository =
    (outputs: Readonly<Record<string, string>>): Git =>
    (...args) =>
      outputs[args.join(" ")];
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
    ["nothing outside a repository", {}, undefined],
  ])("%s", (_what, outputs, base) => {
    expect(findSchemaBase(repository(outputs))).toBe(base);
  });
});
