import { PROVIDERS } from "./providers";
import { UserEventKind } from "../features/event/event.type";
import { OperationKind } from "../features/operation/public";
import { AUTHENTICATION_FAILURES } from "../platform/auth/authentication-failure";
import { FAILURE_KINDS } from "../platform/http/client/provider-failure";
import { type KnownLabels } from "../platform/observability/metrics";
import { operationStatuses } from "../platform/operations/operation-status.state";

/** The values of metric labels that are known before anything happens. */
export const knownLabels: KnownLabels = {
  endpoints: Object.values(PROVIDERS).flatMap(({ endpointNames }) => endpointNames),
  failureKinds: FAILURE_KINDS,
  operationKinds: Object.keys(OperationKind),
  operationStatuses,
  eventKinds: Object.keys(UserEventKind),
  authenticationFailures: AUTHENTICATION_FAILURES,
};
