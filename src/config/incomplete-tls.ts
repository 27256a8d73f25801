import { listVariableNames } from "./environment";
import { type RawEnvironment } from "./variable";

/** A certificate is of no use without its key, nor an authority for clients without a certificate. */
export function findIncompleteTls(environment: RawEnvironment): string[] {
  const problems: string[] = [];
  for (const certificate of listVariableNames("_CERT_FILE")) {
    const key = certificate.replace(/_CERT_FILE$/, "_KEY_FILE");
    if (Boolean(environment[certificate]) !== Boolean(environment[key])) {
      problems.push(`${certificate}, ${key}: must be set together`);
    }
  }
  if (environment["TLS_CLIENT_CA_FILE"] && !environment["TLS_CERT_FILE"]) {
    problems.push("TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE");
  }
  return problems;
}
