const POLL_MS = 20;

/**
 * Calls `probe` every 20 ms and returns its first value other than undefined. A probe that rejects counts as undefined.
 * Throws after `timeoutMs`, 2 minutes by default.
 */
export async function waitFor<Value>(
  probe: () => Promise<Value | undefined> | Value | undefined,
  timeoutMs = 120_000,
): Promise<Value> {
  for (const endsAt = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const value = await Promise.resolve(probe()).catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > endsAt) throw new Error(`condition not met within ${timeoutMs} ms`);
  }
}
