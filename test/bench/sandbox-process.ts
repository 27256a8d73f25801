import { fork } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../kit/free-port";

/** Both simulated providers as a process of their own, with so many active authorizations beside the seeds. */
export async function startSandboxProcess(moreAuthorizations = 0) {
  const [avibra, delbank] = [await freePort(), await freePort()];
  const environment = { AVIBRA_SANDBOX_PORT: `${avibra}`, DELBANK_SANDBOX_PORT: `${delbank}` };
  const env = { ...process.env, ...environment, DELBANK_SANDBOX_AUTHORIZATIONS: `${moreAuthorizations}` };
  const child = fork("dist/sandbox/main.js", { env });
  await once(child, "message");
  return {
    avibraUrl: `http://127.0.0.1:${avibra}`,
    delbankUrl: `http://127.0.0.1:${delbank}`,
    /** What the program's environment needs to join them. */
    environment,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
