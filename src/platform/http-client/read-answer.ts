import { type AxiosResponse } from "axios";
import { failureOfStatus } from "./classify";
import { type ProviderCall } from "./provider-call";
import { ProviderFailure } from "./provider-failure";

/** An API that has no such thing says so in JSON, text or nothing; an HTML page is a gateway's, about something else. */
export function isAbsence({ status, data }: AxiosResponse<string>): boolean {
  return status === 404 && !data.trimStart().startsWith("<");
}

/** The answer as the call's schema reads it. Throws ProviderFailure. */
export function readAnswer<Answer>(call: ProviderCall<Answer>, response: AxiosResponse<string>): Answer {
  const failure = failureOfStatus(call.name, response);
  if (failure) throw failure;
  let json: unknown;
  try {
    json = JSON.parse(response.data);
  } catch {
    throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "not JSON", status: 200 });
  }
  const parsed = call.answer.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.filter((step) => typeof step === "string").join(".");
  throw new ProviderFailure({
    kind: "unreadable",
    call: call.name,
    reason: `wrong shape at ${where || "the root"}`,
    status: 200,
  });
}
