import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTempDirectory } from "../../kit/temp";

/** A router's configuration with this commented block switched on: its lines between `# --- <name>` and `# --- end`. */
export function switchBlockOn(config: string, name: string): string {
  const block = new RegExp(`^# --- ${name}\\n((?:#.*\\n)+?)# --- end\\n`, "m");
  if (!block.test(config)) throw new Error(`the configuration has no block ${name}`);
  return config.replace(block, (_, lines: string) => lines.replace(/^# ?/gm, ""));
}

/** Writes a copy with this block switched on and these texts replaced into `routers` of a new folder; `remove` deletes the folder. */
export function writeSwitchedConfig(
  config: string,
  block: string,
  replacements: Readonly<Record<string, string>> = {},
) {
  let text = switchBlockOn(readFileSync(config, "utf8"), block);
  for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, to);
  const { path: folder, remove } = createTempDirectory("router-config");
  mkdirSync(join(folder, "routers"));
  const path = join(folder, "routers", `${block}.yaml`);
  writeFileSync(path, text);
  return { folder, path, remove };
}
