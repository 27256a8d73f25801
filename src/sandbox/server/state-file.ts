import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type JsonObject, isJsonObject } from "./request-body";

/** Raised when a release would misread the snapshots of an earlier one. */
const VERSION = 1;

/** The state file cannot be read. The message says why, and what to do. */
export class UnreadableStateFile extends Error {}

/** Where one vendor's snapshot is stored. */
export interface SnapshotStore {
  /** The stored snapshot; undefined without one. */
  readonly load: () => JsonObject | undefined;
  /** Stores a snapshot, as JSON. It survives the end of this process when this returns. Throws if it cannot be written. */
  readonly save: (snapshot: string) => void;
  /** The error of a stored snapshot that the vendor does not understand. */
  readonly createShapeError: () => UnreadableStateFile;
}

const getCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown error";

function readVendors(file: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (getCode(error) === "ENOENT") return {};
    throw new UnreadableStateFile(`${file} cannot be read (${getCode(error)})`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const { version, vendors } = isJsonObject(content) ? content : {};
  if (version === VERSION && isJsonObject(vendors)) return vendors;
  throw createShapeError(file);
}

function createShapeError(file: string): UnreadableStateFile {
  return new UnreadableStateFile(
    `${file} is not a state of the simulated providers that this release can read; ` +
      "delete it, and they start from their seeds",
  );
}

/** A program that is killed leaves the old content or the new one, never a part. Only the user may read it. */
function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.tmp`; // a program that was killed leaves it, and the next one replaces it
  try {
    mkdirSync(dirname(file), { recursive: true });
    const descriptor = openSync(temporary, "w", 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true }); // there is none after the rename
  }
}

/** Opens the file that holds the snapshots of all vendors. Throws `UnreadableStateFile`. `onWriteFailure` is told why a save threw. */
export function openStateFile(
  file: string,
  onWriteFailure: (message: string) => void,
): (vendor: string) => SnapshotStore {
  const stored = readVendors(file);
  const texts = new Map(Object.entries(stored).map(([vendor, snapshot]) => [vendor, JSON.stringify(snapshot)]));
  return (vendor) => ({
    load() {
      const snapshot = stored[vendor];
      if (snapshot !== undefined && !isJsonObject(snapshot)) throw createShapeError(file);
      return snapshot;
    },
    save(snapshot) {
      texts.set(vendor, snapshot);
      const members = [...texts].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
      try {
        writeAtomically(file, `{"version":${VERSION},"vendors":{${members.join(",")}}}\n`);
      } catch (error) {
        onWriteFailure(`${file} cannot be written (${getCode(error)})`);
        throw error;
      }
    },
    createShapeError: () => createShapeError(file),
  });
}
