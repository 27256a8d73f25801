import { type ConnectionLimits } from "../../../src/platform/http/server/connections";

/** For tests that are not about connections: none is refused or timed out. */
export const UNLIMITED_CONNECTIONS: ConnectionLimits = {
  maxConnections: Infinity,
  maxUnverifiedPerAddress: 0,
  keepAliveTimeoutMs: 600_000,
  receiveTimeoutMs: 600_000,
  sendTimeoutMs: 600_000,
};
