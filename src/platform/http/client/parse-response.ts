import { type AxiosResponse } from "axios";
import { toStatusFailure } from "./classify-failure";
import { type EndpointCall } from "./endpoint-call";
import { ProviderFailure } from "./provider-failure";

/** Whether the API says that the resource does not exist. An HTML page comes from a gateway and does not say that. */
export function isNotFound({ status, data }: AxiosResponse<string>): boolean {
  return status === 404 && !data.trimStart().startsWith("<");
}

/** Parses a response with the call's schema. Throws `ProviderFailure`. */
export function parseResponse<Result>(call: EndpointCall<Result>, response: AxiosResponse<string>): Result {
  const failure = toStatusFailure(call.name, response);
  if (failure) throw failure;
  let json: unknown;
  try {
    json = JSON.parse(response.data);
  } catch {
    throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "not JSON", status: 200 });
  }
  const parsed = call.response.safeParse(json);
  if (parsed.success) return parsed.data;
  const issuePath = parsed.error.issues[0]?.path.filter((segment) => typeof segment === "string").join(".");
  throw new ProviderFailure({
    kind: "unreadable",
    call: call.name,
    reason: `wrong shape at ${issuePath || "the root"}`,
    status: 200,
  });
}
