import { additions, clientSchema } from "../../.ci/schema-additions";
import { breakingChanges } from "../../.ci/schema-changes";
import { fileExists, readText } from "../kit/pages";

const SDL = readText("schema/subgraph.graphql");
const asCommitted = (subgraph: string) => ({ api: clientSchema(subgraph), subgraph });

test("schema/versions has the schema of package.json's version", () => {
  const { version } = JSON.parse(readText("package.json")) as { version: string };
  expect(fileExists(`schema/versions/${version}.graphql`)).toBe(true);
});

test("the changelog has no addition and no breaking change for a schema with other descriptions", () => {
  const described = SDL.replaceAll("member", "user");
  expect(described).not.toBe(SDL);
  expect(additions(SDL, described)).toEqual([]);
  expect(breakingChanges(asCommitted(SDL), asCommitted(described))).toEqual([]);
});

test("the changelog lists a new type, field, argument and value once, and not the members of a new type", () => {
  const before = `type Query { user: User } type User { id: ID! } enum Color { RED } input Filter { a: Int }`;
  const after = `type Query { user(id: ID): User, pet(name: String): Pet } type User { id: ID! }
    type Pet { id: ID! } enum Color { RED BLUE } input Filter { a: Int, b: Int }`;
  expect(new Set(additions(before, after))).toEqual(
    new Set([
      "Added the argument `Query.user(id:)`.",
      "Added the field `Query.pet`.",
      "Added the type `Pet`.",
      "Added the value `Color.BLUE`.",
      "Added the field `Filter.b`.",
    ]),
  );
});

test("the changelog lists a renamed field and a removed key as breaking", () => {
  const changed = SDL.replace("enrollment: Enrollment!", "enrolled: Enrollment!").replace(
    '@key(fields: "recurrenceId")',
    "",
  );
  const breaking = breakingChanges(asCommitted(SDL), asCommitted(changed));
  expect(breaking).toEqual([
    "User.enrollment was removed.",
    'PixAuthorization @key(fields: "recurrenceId") was removed.',
  ]);
});
