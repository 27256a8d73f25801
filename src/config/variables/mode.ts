import { z } from "zod";
import { flag, oneOf } from "../values";
import { variable } from "../variable";

/** Which providers are called, and what the sandbox is allowed to do. */
export const modeVariables = {
  nodeEnv: variable("NODE_ENV", z.string().optional(), "with `production`, the sandbox does not start"),
  providers: variable(
    "PROVIDERS",
    oneOf("sandbox", "live").default("sandbox"),
    "`sandbox`: simulated providers, no credentials; `live`: the real providers",
  ),
  allowSandboxInProduction: variable(
    "ALLOW_SANDBOX_IN_PRODUCTION",
    flag.default(false),
    "allows `PROVIDERS=sandbox` with `NODE_ENV=production`",
  ),
  allowPlainHttp: variable(
    "ALLOW_PLAIN_HTTP",
    flag.default(false),
    "allows http URLs of providers and of the key server with `PROVIDERS=live`",
  ),
};
