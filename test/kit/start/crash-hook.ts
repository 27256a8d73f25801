// Loaded into the program by NODE_OPTIONS=--import: on SIGUSR2 the program breaks as CRASH says, with an error full of canaries.
import { AxiosError, AxiosHeaders } from "axios";

const canary = process.env["CRASH_CANARY"] ?? "";

function createLeakyError(): AxiosError {
  const config = { headers: new AxiosHeaders({ authorization: canary }), url: `/${canary}`, data: canary };
  const response = { status: 500, statusText: canary, data: canary, headers: { "x-secret": canary }, config };
  return Object.assign(new AxiosError(`failed: ${canary}`, "ERR_BAD_RESPONSE", config, {}, response), {
    input: canary,
  });
}

process.on("SIGUSR2", () => {
  const crash = process.env["CRASH"];
  if (crash === "warning") process.emitWarning(`warned of ${canary}`, { type: "CanaryWarning", detail: canary });
  else if (crash === "rejection") void Promise.reject(createLeakyError());
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- must not be printed either
  else if (crash === "text") void Promise.reject(canary);
  else throw createLeakyError();
});
