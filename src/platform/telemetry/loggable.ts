import { describeError } from "../errors/describe-error";
import { plainText } from "../text/plain-text";
import { isPrivateName } from "./private-names";

/** UTF-16 units of names and values together: enough for a stack, too little to fill a disk with. */
const LONGEST_LINE = 8000;
const LONGEST_TEXT = 500;
const LONGEST_NAME = 64;
const DEEPEST = 4;

const REDACTED = "[redacted]";

/** What one line has room for yet. */
interface Room {
  left: number;
}

function take(text: string, room: Room): string {
  const taken = plainText(text, Math.min(LONGEST_TEXT, Math.max(0, room.left)));
  room.left -= taken.length + 1;
  return taken;
}

/** pino writes names as they are: a quote in one would end it. */
const takeName = (name: string, room: Room) => take(name.slice(0, LONGEST_NAME).replace(/[^\w.-]/g, "?"), room);

/** Data alone: a class's instance may hold anything, so its members are not looked at. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function membersOf(value: Readonly<Record<string, unknown>>, depth: number, room: Room): Record<string, unknown> {
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (room.left <= 0) break;
    if (member === undefined) continue;
    members.push([takeName(name, room), isPrivateName(name) ? REDACTED : loggable(member, depth + 1, room)]);
  }
  return Object.fromEntries(members);
}

function itemsOf(list: readonly unknown[], depth: number, room: Room): unknown[] {
  const items: unknown[] = [];
  for (const item of list) {
    if (room.left <= 0) break;
    room.left -= 1;
    items.push(loggable(item, depth + 1, room));
  }
  return items;
}

function loggable(value: unknown, depth: number, room: Room): unknown {
  if (typeof value === "string") return take(value, room);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object" || depth > DEEPEST) return `[${typeof value}]`;
  if (value instanceof Error) return membersOf(describeError(value), depth, room);
  if (Array.isArray(value)) return itemsOf(value, depth, room);
  return isPlain(value) ? membersOf(value, depth, room) : "[instance]";
}

/** The fields of one log line: plain data, nothing under a private name, no control characters, bounded in depth and length. */
export function loggableFields(fields: unknown): Record<string, unknown> {
  const room = { left: LONGEST_LINE };
  const plain = loggable(fields, 0, room);
  return typeof plain === "object" && !Array.isArray(plain) ? { ...plain } : { thrown: plain };
}
