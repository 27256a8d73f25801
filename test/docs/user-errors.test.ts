import { buildASTSchema, isEnumType, parse } from "graphql";
import { readText } from "../kit/pages";

test("the page about mutations has every code of a user error, and that PROVIDER_REJECTED is also of requests that were never received", () => {
  const schema = buildASTSchema(parse(readText("schema/api.graphql")), { assumeValidSDL: true });
  const type = schema.getType("UserErrorCode");
  const values = isEnumType(type) ? type.getValues() : [];
  const page = readText("docs/frontend/mutations-and-idempotency.md");
  const meanings = new Map(
    values.map(({ name }) => [name, new RegExp(`^\\| \`${name}\` +\\| (.*) \\|$`, "m").exec(page)?.[1]]),
  );
  expect([...meanings].filter(([, meaning]) => meaning === undefined)).toEqual([]);
  const described = values.find(({ name }) => name === "PROVIDER_REJECTED")?.description;
  for (const text of [described, meanings.get("PROVIDER_REJECTED")]) expect(text).toContain("never received it");
});
