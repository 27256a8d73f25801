import { flag, oneOf } from "../values";
import { variable } from "../variable";

/** Logs, and what a response says about its cost. */
export const telemetryVariables = {
  logLevel: variable(
    "LOG_LEVEL",
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent").default("info"),
    "minimum level of log lines; they are JSON on stdout, formatted only on a terminal",
  ),
  exposeUpstreamCost: variable(
    "EXPOSE_UPSTREAM_COST",
    flag.default(false),
    "adds `extensions.upstream` to every response; `true` in the sandbox",
  ),
};
