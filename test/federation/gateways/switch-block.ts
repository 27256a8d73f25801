/** A router's configuration with this commented block switched on: its lines between `# --- <name>` and `# --- end`. */
export function switchBlockOn(config: string, name: string): string {
  const block = new RegExp(`^# --- ${name}\\n((?:#.*\\n)+?)# --- end\\n`, "m");
  if (!block.test(config)) throw new Error(`the configuration has no block ${name}`);
  return config.replace(block, (_, lines: string) => lines.replace(/^# ?/gm, ""));
}
