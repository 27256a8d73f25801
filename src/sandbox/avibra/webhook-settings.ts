import { isJsonObject } from "../server/request-body";

/** Where and how events are sent. */
export interface WebhookSettings {
  /** If undefined, nothing is sent. */
  readonly url?: string;
  readonly username: string;
  readonly password: string;
  /** How often each event is sent, with the same key. */
  readonly copies: number;
  readonly delayMs: number;
  /** Whether each copy waits a random part of `delayMs`, so that copies overtake each other. */
  readonly disorder: boolean;
  /** Whether each event is accompanied by one with an undocumented name. */
  readonly unknown: boolean;
}

export const DEFAULT_SETTINGS: WebhookSettings = {
  username: "",
  password: "",
  copies: 1,
  delayMs: 0,
  disorder: false,
  unknown: false,
};

export const SETTINGS_USAGE =
  'send any of { "url": "http…", "username", "password", "copies": 1 to 100, "delayMs": 0 to 60000, "disorder": true, "unknown": true }';

const isWithin = (value: unknown, min: number, max: number) =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
const isString = (value: unknown) => typeof value === "string";
const isBoolean = (value: unknown) => typeof value === "boolean";

const VALIDATORS: Readonly<Record<string, (value: unknown) => boolean>> = {
  url: (value) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value),
  username: isString,
  password: isString,
  copies: (value) => isWithin(value, 1, 100),
  delayMs: (value) => isWithin(value, 0, 60_000),
  disorder: isBoolean,
  unknown: isBoolean,
};

/** The settings with these changes; undefined if a change is invalid. */
export function applyChanges(settings: WebhookSettings, body: unknown): WebhookSettings | undefined {
  if (!isJsonObject(body)) return undefined;
  const isValid = Object.entries(body).every(
    ([name, value]) => Object.hasOwn(VALIDATORS, name) && VALIDATORS[name]?.(value),
  );
  return isValid ? { ...settings, ...body } : undefined;
}
