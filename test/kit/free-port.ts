import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port that was free a moment ago. It is below the ports that the system gives to clients and to `listen(0)`, so that neither a
 * debugger nor a connection takes it before the program does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => {
        resolve(false);
      });
      server.listen(port, "127.0.0.1", () => {
        resolve(true);
      });
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
