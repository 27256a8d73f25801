import { createAvibra } from "./avibra/avibra";
import { createDelbank } from "./delbank/delbank";
import { Clock } from "./server/clock";
import { startServer } from "./server/http-server";
import { openStateFile } from "./server/state-file";

export interface SandboxOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, chooses a free port. */
  readonly avibraPort?: number;
  /** 0, the default, chooses a free port. */
  readonly delbankPort?: number;
  /** Active authorizations at Delbank in addition to the seeds. Default 0. */
  readonly extraAuthorizations?: number;
  /** Where both vendors store their state after each change. Without it, they start from their seeds. */
  readonly stateFile?: string | undefined;
  /** Called with the reason if the state cannot be stored. The request then gets 500. */
  readonly onStateFailure?: (message: string) => void;
}

export interface Sandboxes {
  readonly avibra: { readonly url: string };
  readonly delbank: { readonly url: string };
  /** Closes both servers immediately, including hanging requests. */
  close(): Promise<void>;
}

/**
 * Starts both vendors, each with its own state, clock, faults and request log. Rejects if a port is in use, or with
 * `UnreadableStateFile`.
 */
export async function startSandboxes(options: SandboxOptions = {}): Promise<Sandboxes> {
  const { host = "127.0.0.1", avibraPort = 0, delbankPort = 0, extraAuthorizations = 0 } = options;
  const { stateFile, onStateFailure = () => undefined } = options;
  const snapshotsOf = stateFile === undefined ? () => undefined : openStateFile(stateFile, onStateFailure);
  const [avibraClock, delbankClock] = [new Clock(), new Clock()];
  const avibra = await startServer(createAvibra(avibraClock), avibraClock, {
    host,
    port: avibraPort,
    snapshots: snapshotsOf("avibra"),
  });
  try {
    const vendor = createDelbank(delbankClock, extraAuthorizations);
    const delbank = await startServer(vendor, delbankClock, {
      host,
      port: delbankPort,
      snapshots: snapshotsOf("delbank"),
    });
    return {
      avibra: { url: avibra.url },
      delbank: { url: delbank.url },
      close: async () => {
        await Promise.all([avibra.close(), delbank.close()]);
      },
    };
  } catch (error) {
    await avibra.close();
    throw error;
  }
}
