import { type GraphiQL } from "graphiql";
import { type ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

/** Sends operations to the endpoint; an answer that is no JSON is told as it is rather than as a syntax error. */
export function createFetcher(endpoint: string): Fetcher {
  return async (operation, options) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        "content-type": "application/json",
        ...options?.headers,
      },
      body: JSON.stringify(operation),
    });
    const text = await response.text();
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new Error(`The server answered ${response.status} with something that is not JSON: ${text.slice(0, 200)}`);
    }
  };
}
