import { parseArgs } from "node:util";
import { CommandFailure, EXIT } from "../exit-code";

export type MembersCommand =
  | { readonly name: "help" }
  | { readonly name: "export"; readonly id: string }
  | { readonly name: "erase"; readonly id: string; readonly isDryRun: boolean };

export interface MembersArguments {
  readonly command: MembersCommand;
  readonly isJson: boolean;
}

const flag = { type: "boolean" } as const;
const COMMON = { json: flag, help: { ...flag, short: "h" } } as const;
const OPTIONS = { export: COMMON, erase: { ...COMMON, "dry-run": flag } } as const;
const HELP: MembersArguments = { command: { name: "help" }, isJson: false };

function wrong(message: string): never {
  throw new CommandFailure(EXIT.usage, `${message}. See --help.`);
}

/** The IDs that a token can have. */
const ID = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

function parseId(positionals: readonly string[]): string {
  const [id, ...rest] = positionals;
  if (id === undefined) return wrong("The member's ID is missing");
  if (rest.length > 0) wrong("Only one ID is allowed");
  return ID.test(id) ? id : wrong("The ID must be 1 to 256 characters without control characters");
}

/** parseArgs quotes what was typed, which may be personal data. */
function parseStrictly<Options extends (typeof OPTIONS)[keyof typeof OPTIONS]>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch {
    return wrong("An option is unknown or has no value, or a flag has one");
  }
}

/** Parses the arguments. Throws CommandFailure, which holds nothing of them. */
export function parseMembersArguments([name, ...args]: readonly string[]): MembersArguments {
  if (name === "--help" || name === "-h" || name === "help") return HELP;
  if (name !== "export" && name !== "erase") return wrong("The command must be export or erase");
  const { values, positionals } = parseStrictly(args, OPTIONS[name]);
  if (values.help) return HELP;
  const id = parseId(positionals);
  const isJson = values.json ?? false;
  if (name === "export") return { command: { name, id }, isJson };
  return { command: { name, id, isDryRun: "dry-run" in values && values["dry-run"] === true }, isJson };
}
