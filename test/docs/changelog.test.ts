import { additions, clientSchema } from "../../.ci/schema-additions";
import { breakingChanges } from "../../.ci/schema-changes";
import { fileExists, readText } from "../kit/pages";

const SDL = readText("schema/subgraph.graphql");
const asCommitted = (subgraph: string) => ({ api: clientSchema(subgraph), subgraph });

test("the schema of package.json's version is stored", () => {
  const { version } = JSON.parse(readText("package.json")) as { version: string };
  expect(fileExists(`schema/versions/${version}.graphql`)).toBe(true);
});

test("the same schema has no addition and no breaking change, whatever its descriptions say", () => {
  const described = SDL.replaceAll("member", "user");
  expect(described).not.toBe(SDL);
  expect(additions(SDL, described)).toEqual([]);
  expect(breakingChanges(asCommitted(SDL), asCommitted(described))).toEqual([]);
});

test("a new type, field, argument and value are listed once each; what is inside a new type or field is not", () => {
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

test("a renamed field and a removed key are breaking", () => {
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
