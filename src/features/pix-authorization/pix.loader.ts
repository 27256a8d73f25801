import { type Loader } from "../../platform/reads/create-loader";
import { defineRead, type ReadRequest } from "../../platform/reads/define-read";
import { recurrenceTag } from "../../platform/reads/read-tags";
import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";
import { getAuthorization, getCancellation } from "../../providers/delbank/endpoints";
import { canReadAnyAuthorization, canReadAuthorization, canReadSomeAuthorization } from "./access";

const pixAuthorizationRead = defineRead({
  endpoint: getAuthorization,
  authorize: canReadSomeAuthorization,
  authorizeResult: canReadAuthorization,
  tag: recurrenceTag,
});

const pixCancellationRead = defineRead({
  endpoint: getCancellation,
  authorize: canReadSomeAuthorization,
  tag: recurrenceTag,
});

export interface PixLoaders {
  /** An authorization by recurrence id. */
  readonly pixAuthorization: Loader<string, Authorization | null>;
  /** A cancellation by recurrence id and cancellation id. Accessible if its authorization is. */
  readonly pixCancellation: Loader<readonly [recurrenceId: string, id: string], Cancellation | null>;
}

export function createPixLoaders(request: ReadRequest): PixLoaders {
  const pixAuthorization = pixAuthorizationRead.createLoader(request);
  const pixCancellation = pixCancellationRead.createLoader(
    request,
    async (caller, recurrenceId) =>
      canReadAnyAuthorization(caller) || (await pixAuthorization.load(recurrenceId)) !== null,
  );
  return { pixAuthorization, pixCancellation };
}
