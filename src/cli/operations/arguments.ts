import { parseArgs } from "node:util";
import { isOperationId } from "../../features/operation/operation-id";
import { isSettled, operationStatuses, type OperationStatus } from "../../platform/operations/operation-status.state";
import { CommandFailure, EXIT } from "../exit-code";
import { hasPersonalData } from "../find-personal-data";

export interface ListFilter {
  /** Default: any. */
  readonly status?: readonly OperationStatus[];
  readonly kind?: readonly string[];
  readonly userId?: string;
  readonly recurrenceId?: string;
  readonly requestId?: string;
  readonly olderThanMs?: number;
}

export interface SettleArguments {
  readonly id: string;
  readonly outcome: "SUCCEEDED" | "FAILED";
  readonly reason: string;
  readonly evidence: string;
  readonly by: string;
  /** The version that `show` printed. */
  readonly seen?: string;
  readonly mayBeAgainstProvider: boolean;
}

export type Command =
  | { readonly name: "help" }
  | { readonly name: "list"; readonly filter: ListFilter }
  | { readonly name: "show"; readonly id: string; readonly isOffline: boolean }
  | { readonly name: "recheck"; readonly id: string }
  | ({ readonly name: "settle" } & SettleArguments);

/** A command with the form of its output. */
export interface Arguments {
  readonly command: Command;
  readonly isJson: boolean;
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const COMMON = { json: flag, help: { ...flag, short: "h" } } as const;
const OPTIONS = {
  list: {
    ...COMMON,
    status: { ...text, multiple: true },
    ...{ kind: text, user: text, recurrence: text, request: text, "older-than": text },
  },
  show: { ...COMMON, offline: flag },
  recheck: COMMON,
  settle: { ...COMMON, as: text, reason: text, evidence: text, by: text, seen: text, "against-provider": flag },
} as const;

export type CommandName = keyof typeof OPTIONS;

function wrong(message: string): never {
  throw new CommandFailure(EXIT.usage, `${message}. See --help.`);
}

const MAX_ID_LENGTH = 256;

function parseFilterText(name: string, value: string): string {
  const trimmed = value.trim(); // of a copied one
  if (trimmed === "" || trimmed.length > MAX_ID_LENGTH || /\p{Cc}/u.test(trimmed)) {
    return wrong(`--${name} must be 1 to ${MAX_ID_LENGTH} characters without control characters`);
  }
  return trimmed;
}

function parseStatuses(values: readonly string[]): OperationStatus[] {
  return values.flatMap((value) =>
    value.split(",").map((part) => {
      const status = operationStatuses.find((known) => known === part.trim().toUpperCase());
      return status ?? wrong(`--status must be one of ${operationStatuses.join(", ")}`);
    }),
  );
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseDuration(value: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(value) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  return unitMs === undefined
    ? wrong("--older-than must be a duration such as 90s, 15m, 2h or 7d")
    : Number(count) * unitMs;
}

const MAX_TEXT_LENGTH = 1000;

function parseRecordText(name: "reason" | "evidence", value: string | undefined): string {
  if (value === undefined) return wrong(`--${name} is required`);
  const trimmed = value.trim();
  if (trimmed === "" || trimmed.length > MAX_TEXT_LENGTH || /[\p{Cc}\p{Cs}]/u.test(trimmed)) {
    return wrong(`--${name} must be 1 to ${MAX_TEXT_LENGTH} characters on one line`);
  }
  if (hasPersonalData(trimmed)) wrong(`--${name} must not contain a CPF, a CNPJ or an e-mail address`);
  return trimmed;
}

function parseName(value: string | undefined): string {
  if (value === undefined) return wrong("--by is required");
  if (hasPersonalData(value)) wrong("--by must not contain a CPF, a CNPJ or an e-mail address");
  const name = value.trim();
  return /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._' -]{0,63}$/u.test(name)
    ? name
    : wrong("--by must be a name of 1 to 64 letters, digits, spaces and . _ ' -");
}

function parseOutcome(value: string | undefined): "SUCCEEDED" | "FAILED" {
  if (value === "succeeded") return "SUCCEEDED";
  return value === "failed" ? "FAILED" : wrong("--as must be succeeded or failed");
}

/** Without it, npm takes the options and passes their values. */
const NPM_HINT = "npm run needs -- before the command";

function parseId(positionals: readonly string[]): string {
  const [id, ...rest] = positionals;
  if (id === undefined) return wrong("The id of the operation is missing");
  if (rest.length > 0) wrong(`Only one id is allowed: a text with spaces needs quotation marks, and ${NPM_HINT}`);
  const lowerCase = id.trim().toLowerCase();
  return isOperationId(lowerCase) ? lowerCase : wrong("The id must be a UUID");
}

/** What parseArgs throws quotes what was typed, which may be personal data. */
function parseOptions<Options extends (typeof OPTIONS)[CommandName]>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true, tokens: true });
  } catch {
    const names = Object.keys(options).map((name) => `--${name}`);
    return wrong(`An option is unknown or has no value, or a flag has one; the options are ${names.join(", ")}`);
  }
}

/** Of two values, parseArgs would silently take the last. */
function parseStrictly<Options extends (typeof OPTIONS)[CommandName]>(args: readonly string[], options: Options) {
  const parsed = parseOptions(args, options);
  const names = parsed.tokens.flatMap((token) =>
    token.kind === "option" && token.value !== undefined && token.name !== "status" ? [token.name] : [],
  );
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) wrong(`--${repeated} must not be repeated`);
  return parsed;
}

const UNSETTLED = operationStatuses.filter((status) => !isSettled(status));

function parseList(args: readonly string[]): Arguments {
  const { values, positionals } = parseStrictly(args, OPTIONS.list);
  if (values.help) return { command: { name: "help" }, isJson: false };
  if (positionals.length > 0) wrong(`list takes no id; ${NPM_HINT}`);
  const { kind, user, recurrence, request } = values;
  const isAboutOne = user !== undefined || recurrence !== undefined || request !== undefined;
  const status = values.status ? parseStatuses(values.status) : isAboutOne ? undefined : UNSETTLED;
  const olderThan = values["older-than"];
  const filter: ListFilter = {
    ...(status && { status }),
    ...(kind !== undefined && { kind: [parseFilterText("kind", kind).toUpperCase()] }),
    ...(user !== undefined && { userId: parseFilterText("user", user) }),
    ...(recurrence !== undefined && { recurrenceId: parseFilterText("recurrence", recurrence) }),
    ...(request !== undefined && { requestId: parseFilterText("request", request) }),
    ...(olderThan !== undefined && { olderThanMs: parseDuration(olderThan) }),
  };
  return { command: { name: "list", filter }, isJson: values.json ?? false };
}

function parseSettle(args: readonly string[]): Arguments {
  const { values, positionals } = parseStrictly(args, OPTIONS.settle);
  if (values.help) return { command: { name: "help" }, isJson: false };
  const { seen } = values;
  const command = {
    name: "settle",
    id: parseId(positionals),
    outcome: parseOutcome(values.as),
    reason: parseRecordText("reason", values.reason),
    evidence: parseRecordText("evidence", values.evidence),
    by: parseName(values.by),
    mayBeAgainstProvider: values["against-provider"] ?? false,
    ...(seen !== undefined && { seen }),
  } as const;
  return { command, isJson: values.json ?? false };
}

/** Parses the arguments. Throws CommandFailure, which holds nothing of them. */
export function parseArguments([name, ...args]: readonly string[]): Arguments {
  if (name === "--help" || name === "-h" || name === "help") return { command: { name: "help" }, isJson: false };
  if (name === "list") return parseList(args);
  if (name === "settle") return parseSettle(args);
  if (name !== "show" && name !== "recheck") return wrong("The command must be list, show, recheck or settle");
  const { values, positionals } = parseStrictly(args, OPTIONS[name]);
  if (values.help) return { command: { name: "help" }, isJson: false };
  const id = parseId(positionals);
  const command: Command =
    name === "show" ? { name, id, isOffline: "offline" in values && values.offline === true } : { name, id };
  return { command, isJson: values.json ?? false };
}
