import { type ConnectHost } from "../../platform/http/client/provider-host";
import { createDelbankClient, type DelbankOptions } from "./delbank.client";
import * as endpoints from "./endpoints";
import { type DelbankConfig, delbankVariables, getDelbankSandboxDefaults } from "./variables";

function create(
  config: DelbankConfig,
  connect: ConnectHost,
  { onAmbiguousDocument }: Pick<DelbankOptions, "onAmbiguousDocument">,
) {
  const { baseUrl, concurrency, timeoutMs, clientCert, clientKey, ca, authorization } = config;
  const tls = {
    ...(clientCert !== undefined && { cert: clientCert }),
    ...(clientKey !== undefined && { key: clientKey }),
    ...(ca !== undefined && { ca }),
  };
  return createDelbankClient({
    http: connect({ name: "delbank", baseUrl, concurrency, timeoutMs, tls }),
    generation: config.generation,
    apiKey: config.apiKey,
    accountId: config.accountId,
    ...(authorization !== undefined && { authorization }),
    timeoutMs,
    ...(onAmbiguousDocument && { onAmbiguousDocument }),
  });
}

/** Delbank's Automatic Pix API: authorizations and cancellations. */
export const delbank = {
  variables: delbankVariables,
  sandboxDefaults: getDelbankSandboxDefaults,
  create,
  endpointNames: Object.values(endpoints).map(({ name }) => name),
};
