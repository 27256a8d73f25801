import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadOrCreateSecret } from "../../../src/platform/auth/local-secret";
import { createTempDirectory } from "../../kit/temp";

test("a secret's draft of another container with the same process ID is left as it is", async () => {
  const directory = createTempDirectory("local-secret");
  const file = join(directory.path, "key");
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, "of the other container");
  expect(await loadOrCreateSecret(file, () => "own")).toBe("own");
  expect(readFileSync(draft, "utf8")).toBe("of the other container");
  expect(readdirSync(directory.path).toSorted()).toEqual(["key", `key.${process.pid}`]);
});
