// Prints the bill of materials of the production dependencies, as CycloneDX, from package-lock.json without network access.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { name } = JSON.parse(readFileSync("package.json", "utf8"));
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const atRuntime = new Set(
  Object.entries(packages)
    .filter(([path, { dev }]) => path !== "" && !dev)
    .map(([path, entry]) => `${entry.name ?? path.replace(/^.*node_modules\//, "")}@${entry.version}`),
);

// npm's own `--omit dev` also omits packages that production and development share (npm 11.19: dataloader, axios' form-data).
const command = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
const output = execFileSync("npm", command, {
  encoding: "utf8",
  maxBuffer: 2 ** 26,
  stdio: ["ignore", "pipe", "ignore"],
});
const bill = JSON.parse(output);
const root = bill.metadata.component["bom-ref"];
const isKept = (ref) => ref === root || atRuntime.has(ref);

bill.metadata.component.name = name; // npm takes the folder's
bill.components = bill.components.filter((component) => isKept(component["bom-ref"]));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => isKept(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isKept) }));
console.log(JSON.stringify(bill, null, 2));
