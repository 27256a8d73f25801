/** Defaults of the limits on what a request loads. */
export const DEFAULT_PROVIDER_CALLS = 200;
export const DEFAULT_STORE_ROWS = 1000;

/**
 * What a router with demand control should allow for one request: `operation_cost.max` of schema/routers/hive.yaml. A request over
 * one of the two limits above costs more.
 */
export const MAX_ROUTER_COST = 100_000;

/** A provider call: 500. */
export const PROVIDER_CALL_COST = MAX_ROUTER_COST / DEFAULT_PROVIDER_CALLS;

/** For a field that makes a provider call. */
export const COSTS_PROVIDER_CALL = `@cost(weight: ${PROVIDER_CALL_COST})`;

/** For the edge of a connection, which is a row of the database: 100. */
export const COSTS_ROW = `@cost(weight: ${MAX_ROUTER_COST / DEFAULT_STORE_ROWS})`;

/** For a connection. Never with an assumed size: Hive Router would ignore `first`. */
export const SIZED_BY_FIRST =
  '@listSize(slicingArguments: ["first"], sizedFields: ["edges"], requireOneSlicingArgument: false)';

/** For a list: the length that its source must not exceed. */
export const sizedUpTo = (maxLength: number) => `@listSize(assumedSize: ${maxLength})`;
