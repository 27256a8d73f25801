import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTempDirectory } from "../../kit/temp";

/** The ways in which Hive Router subscribes, with the section below `subscriptions` that replaces `callback` of the shipped file. */
export const HIVE_WAYS: readonly (readonly [way: string, section: string | undefined])[] = [
  ["by HTTP callback, as shipped", undefined],
  ["by server-sent events, without the section `callback`", ""],
  [
    "over a WebSocket, with `websocket` instead of `callback`",
    "  websocket:\n    subgraphs:\n      benefits-pix: {}\n",
  ],
];

const CALLBACK = /^ {2}callback:\n(?: {4}.*\n)+/m;

/** Writes a copy of the file with this section instead of `callback`; `remove` deletes it. Without a section, the file itself. */
export function writeSubscriptionConfig(config: string, section: string | undefined) {
  if (section === undefined) return { path: config, remove: () => undefined };
  const text = readFileSync(config, "utf8");
  if (!CALLBACK.test(text)) throw new Error("the configuration has no section callback");
  const { path: folder, remove } = createTempDirectory("router-config");
  const path = join(folder, "hive.yaml");
  writeFileSync(path, text.replace(CALLBACK, section));
  return { path, remove };
}
