import { describeError } from "../errors/describe-error";
import { sanitizeText } from "../kernel/sanitize-text";
import { isPrivateName } from "./private-names";

/** Names and values together, in UTF-16 code units. Enough for a stack trace. */
const MAX_LINE_LENGTH = 8000;
const MAX_TEXT_LENGTH = 500;
const MAX_NAME_LENGTH = 64;
const MAX_DEPTH = 4;

const REDACTED = "[redacted]";

/** The remaining length of one line, in UTF-16 code units. */
interface LengthBudget {
  remaining: number;
}

function truncate(text: string, budget: LengthBudget): string {
  const truncated = sanitizeText(text, Math.min(MAX_TEXT_LENGTH, Math.max(0, budget.remaining)));
  budget.remaining -= truncated.length + 1;
  return truncated;
}

/** pino does not escape names. */
const truncateName = (name: string, budget: LengthBudget) =>
  truncate(name.slice(0, MAX_NAME_LENGTH).replace(/[^\w.-]/g, "?"), budget);

/** The members of a class instance are never logged. */
function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function redactMembers(
  value: Readonly<Record<string, unknown>>,
  depth: number,
  budget: LengthBudget,
): Record<string, unknown> {
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (budget.remaining <= 0) break;
    if (member === undefined) continue;
    members.push([truncateName(name, budget), isPrivateName(name) ? REDACTED : redactValue(member, depth + 1, budget)]);
  }
  return Object.fromEntries(members);
}

function redactItems(list: readonly unknown[], depth: number, budget: LengthBudget): unknown[] {
  const items: unknown[] = [];
  for (const item of list) {
    if (budget.remaining <= 0) break;
    budget.remaining -= 1;
    items.push(redactValue(item, depth + 1, budget));
  }
  return items;
}

function redactValue(value: unknown, depth: number, budget: LengthBudget): unknown {
  if (typeof value === "string") return truncate(value, budget);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object" || depth > MAX_DEPTH) return `[${typeof value}]`;
  if (value instanceof Error) return redactMembers(describeError(value), depth, budget);
  if (Array.isArray(value)) return redactItems(value, depth, budget);
  return isPlainObject(value) ? redactMembers(value, depth, budget) : "[instance]";
}

/** Returns the fields of one log line: plain data without private members and control characters, limited in depth and length. */
export function redactFields(fields: unknown): Record<string, unknown> {
  const budget = { remaining: MAX_LINE_LENGTH };
  const redacted = redactValue(fields, 0, budget);
  return typeof redacted === "object" && !Array.isArray(redacted) ? { ...redacted } : { thrown: redacted };
}
