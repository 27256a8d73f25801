import { buildSchema, isInterfaceType, isObjectType } from "graphql";
import { readText } from "../pages";

const schema = buildSchema(readText("schema/api.graphql"), { assumeValidSDL: true });

/** Fields of one object with their expected values, and how to read them. */
export interface FieldRow {
  /** Names the object in the test's name. */
  readonly of: string;
  /** An object is also the selection: its fields are queried, and no others. Matchers of Jest are leaves. */
  readonly expected: Readonly<Record<string, unknown>>;
  /** Queries the object with this selection set, for example `{ id price { amount } }`. */
  readonly read: (selection: string) => Promise<unknown>;
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The selection set that queries the fields of `expected`; empty for a leaf. The first item of a list stands for all. */
function toSelection(expected: unknown): string {
  const value: unknown = Array.isArray(expected) ? expected[0] : expected;
  if (!isPlainObject(value)) return "";
  const fields = Object.entries(value).map(([name, member]) => `${name} ${toSelection(member)}`);
  return `{ ${fields.join(" ")} }`;
}

function listFields(typeName: string): string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`schema/api.graphql has no type ${typeName}`);
  return Object.keys(type.getFields()).sort();
}

/**
 * One test for each field of a type with its value on the sandboxes' seeds, so that a removed mapping fails by name, and one test
 * that fails while a field of schema/api.graphql has no value other than null in any row.
 */
export function describeFields(typeName: string, rows: readonly FieldRow[]): void {
  describe(`every field of ${typeName}`, () => {
    describe.each(rows)("of $of", ({ expected, read }) => {
      let actual: Readonly<Record<string, unknown>> = {};
      beforeAll(async () => {
        actual = (await read(toSelection(expected))) as typeof actual;
      });
      test.each(Object.entries(expected))("%s", (name, value) => {
        expect(actual[name]).toEqual(value);
      });
    });

    test("has a value", () => {
      const covered = rows.flatMap(({ expected }) => Object.keys(expected).filter((name) => expected[name] !== null));
      expect([...new Set(covered)].sort()).toEqual(listFields(typeName));
    });
  });
}

/** An ISO 8601 time in UTC with milliseconds, as the scalar `DateTime` is written. */
export const anyDateTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
