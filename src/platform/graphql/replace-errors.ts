import { type GraphQLError } from "graphql";

/** Replaces the errors of a request in `didEncounterErrors`: Apollo Server 5 formats this list after the plugins have seen it. */
export function replaceErrors(
  context: { readonly errors: readonly GraphQLError[] },
  errors: readonly GraphQLError[],
): void {
  (context.errors as GraphQLError[]).splice(0, Infinity, ...errors);
}
