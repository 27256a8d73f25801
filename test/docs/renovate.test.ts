import { readText } from "../kit/pages";

interface PackageRule {
  readonly matchPackageNames: readonly string[];
  readonly allowedVersions?: string;
  readonly enabled?: boolean;
  readonly rangeStrategy?: string;
}
interface Forbidden {
  readonly versions: readonly string[];
}

const { packageRules } = JSON.parse(readText("renovate.json")) as { packageRules: readonly PackageRule[] };
const { forbidden } = JSON.parse(readText(".ci/supply-chain.json")) as {
  forbidden: Readonly<Record<string, Forbidden>>;
};
const { overrides } = JSON.parse(readText("package.json")) as { overrides: Readonly<Record<string, string>> };

const rulesOf = (name: string) => packageRules.filter(({ matchPackageNames }) => matchPackageNames.includes(name));
const isDisabled = (name: string) => rulesOf(name).some(({ enabled }) => enabled === false);

/** Whether a rule of the form `!/pattern/` excludes the version. */
const isExcluded = (name: string, version: string) =>
  rulesOf(name).some(({ allowedVersions = "" }) => {
    const [, pattern] = /^!\/(.*)\/$/.exec(allowedVersions) ?? [];
    return pattern !== undefined && new RegExp(pattern).test(version);
  });

test.each(Object.entries(forbidden))("renovate.json never proposes a forbidden version of %s", (name, { versions }) => {
  const proposed = versions.filter((version) => !isDisabled(name) && !isExcluded(name, version));
  expect(proposed).toEqual([]);
  expect(versions.includes("*") || !isExcluded(name, "999.0.0")).toBe(true);
});

test("renovate.json pins exact versions and does not update overrides", () => {
  expect(rulesOf("*")).toMatchObject([{ rangeStrategy: "pin" }]);
  const left = Object.keys(overrides).filter((name) => !isDisabled(name));
  expect(left).toEqual(["graphql"]);
  expect(rulesOf("graphql")).toMatchObject([{ allowedVersions: "<17" }]);
});
