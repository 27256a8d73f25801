import { createAvibra } from "./avibra/avibra";
import { createDelbank } from "./delbank/delbank";
import { Clock } from "./server/clock";
import { startServer } from "./server/http-server";

export interface SandboxOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, chooses a free port. */
  readonly avibraPort?: number;
  /** 0, the default, chooses a free port. */
  readonly delbankPort?: number;
  /** Active authorizations at Delbank in addition to the seeds. Default 0. */
  readonly extraAuthorizations?: number;
}

export interface Sandboxes {
  readonly avibra: { readonly url: string };
  readonly delbank: { readonly url: string };
  /** Closes both servers immediately, including hanging requests. */
  close(): Promise<void>;
}

/** Starts both vendors, each with its own state, clock, faults and request log. Rejects if a port is in use. */
export async function startSandboxes(options: SandboxOptions = {}): Promise<Sandboxes> {
  const { host = "127.0.0.1", avibraPort = 0, delbankPort = 0, extraAuthorizations = 0 } = options;
  const [avibraClock, delbankClock] = [new Clock(), new Clock()];
  const avibra = await startServer(createAvibra(avibraClock), avibraClock, { host, port: avibraPort });
  try {
    const vendor = createDelbank(delbankClock, extraAuthorizations);
    const delbank = await startServer(vendor, delbankClock, { host, port: delbankPort });
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
