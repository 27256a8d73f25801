import { type ConnectionLimits } from "../../../src/platform/http/server/connections";

/** For tests of other things: no connection is refused or timed out. */
export const UNLIMITED_CONNECTIONS: ConnectionLimits = {
  maxConnections: Infinity,
  maxUnverifiedPerAddress: 0,
  keepAliveTimeoutMs: 600_000,
  receiveTimeoutMs: 600_000,
  sendTimeoutMs: 600_000,
};
