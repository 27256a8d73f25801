import { type CompletedRequest } from "./graphql-fetcher";

/** The parts of a response that the page describes; each may be missing. */
interface GraphqlResponse {
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  readonly extensions?: { readonly upstream?: Readonly<Record<string, number>> };
}

const pluralize = (number: number, noun: string, nouns = `${noun}s`) => `${number} ${number === 1 ? noun : nouns}`;

/** The provider calls of the response, from `extensions.upstream`; empty if the server does not send it. */
function describeUpstream({ extensions }: GraphqlResponse): string[] {
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

function describeErrors({ errors = [] }: GraphqlResponse): string[] {
  if (errors.length === 0) return [];
  const codes = new Set(errors.flatMap(({ extensions }) => extensions?.code ?? []));
  return [pluralize(errors.length, "error") + (codes.size > 0 ? `: ${[...codes].join(", ")}` : "")];
}

/** The response in one line: `1 provider call · 0 retries · 0 cached · 12 ms`, preceded by its errors if there are any. */
export function describeResponse({ body, durationMs }: CompletedRequest): string {
  const response = (body ?? {}) as GraphqlResponse;
  return [...describeErrors(response), ...describeUpstream(response), `${Math.round(durationMs)} ms`].join(" · ");
}
