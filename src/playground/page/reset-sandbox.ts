import { errorsOf } from "./tab-results";

export interface ResetResult {
  readonly isReset: boolean;
  /** A sentence to show. */
  readonly notice: string;
}

/** Why the server refused, in its own words if it gave a reason. */
async function readReason(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  return errorsOf(body)[0]?.message ?? `the server responded with status ${response.status}.`;
}

/** Resets the simulated providers and deletes operations and events. Never rejects. */
export async function resetSandbox(resetUrl: string): Promise<ResetResult> {
  try {
    // Without this header, a form on any page could send the request.
    const response = await fetch(resetUrl, { method: "POST", headers: { "apollo-require-preflight": "true" } });
    if (response.ok) return { isReset: true, notice: "The sandbox was reset." };
    return { isReset: false, notice: `The sandbox was not reset: ${await readReason(response)}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isReset: false, notice: `The sandbox was not reset (${reason}).` };
  }
}
