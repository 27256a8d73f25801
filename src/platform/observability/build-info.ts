import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const PACKAGE_FILE = join(__dirname, "../../../package.json"); // from src/ and from dist/

function readVersion(): string {
  try {
    return (JSON.parse(readFileSync(PACKAGE_FILE, "utf8")) as { readonly version: string }).version;
  } catch {
    return "unknown"; // an image without the file
  }
}

/** What runs, for each log line and for metrics. */
export const buildInfo = {
  service: "benefits-pix-subgraph",
  version: readVersion(),
  /** This process among its replicas. */
  instance: `${hostname()}:${process.pid}`,
} as const;
