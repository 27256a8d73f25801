import { type CompletedRequest, errorsOf } from "./tab-results";

/** The provider calls of a response; absent if the server does not send them. */
interface Upstream {
  readonly extensions?: { readonly upstream?: Readonly<Record<string, number>> };
}

/** A rejection that a mutation returns as data. */
export interface UserError {
  readonly code: string;
  readonly message?: string;
}

const pluralize = (number: number, noun: string, nouns = `${noun}s`) => `${number} ${number === 1 ? noun : nouns}`;

/** The provider calls of the response, from `extensions.upstream`; empty if the server does not send it. */
function describeUpstream({ extensions }: Upstream): string[] {
  const upstream = extensions?.upstream;
  if (!upstream) return [];
  const { calls = 0, retries = 0, cacheHits = 0, coalesced = 0, stale = 0 } = upstream;
  return [
    pluralize(calls, "provider call"),
    pluralize(retries, "retry", "retries"),
    `${cacheHits} cached`,
    ...(coalesced > 0 ? [`${coalesced} shared`] : []),
    ...(stale > 0 ? [`${stale} stale`] : []),
  ];
}

/** The `userErrors` of every mutation of a response. */
export function userErrorsOf(body: unknown): readonly UserError[] {
  const { data } = (body ?? {}) as { readonly data?: Readonly<Record<string, unknown>> | null };
  return Object.values(data ?? {}).flatMap(
    (payload) => ((payload ?? {}) as { readonly userErrors?: readonly UserError[] }).userErrors ?? [],
  );
}

/** What became of a request: `good` if all is well, `bad` if it has errors, `refused` if a mutation has `userErrors` only. */
export function outcomeOf(body: unknown): { readonly kind: "good" | "bad" | "refused"; readonly text: string } {
  const errors = errorsOf(body).length;
  if (errors > 0) return { kind: "bad", text: pluralize(errors, "error") };
  const userErrors = userErrorsOf(body).length;
  return userErrors > 0 ? { kind: "refused", text: "Refused" } : { kind: "good", text: "Success" };
}

/** The cost of the response in one line: `1 provider call · 0 retries · 0 cached · 12 ms`. */
export function describeCost({ body, durationMs }: CompletedRequest): string {
  return [...describeUpstream(body ?? {}), `${Math.round(durationMs)} ms`].join(" · ");
}
