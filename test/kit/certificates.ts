import { type webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { createTempDirectory } from "./temp";

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A certificate and its key, as PEM text. */
export interface CertificateIdentity {
  readonly cert: string;
  readonly key: string;
}

const validity = () => ({ notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) });

async function exportPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** A certificate authority that lives for one test. */
export async function createCertificateAuthority(name: string) {
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: EC,
    ...validity(),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    cert: authority.toString("pem"),
    /** A certificate of this authority for 127.0.0.1. */
    async issue(
      subject: string,
      validityOverride: Partial<ReturnType<typeof validity>> = {},
    ): Promise<CertificateIdentity> {
      const { publicKey, privateKey } = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: authority.subject,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: EC,
        ...validity(),
        ...validityOverride,
        extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
      });
      return { cert: certificate.toString("pem"), key: await exportPem(privateKey) };
    },
  };
}

/** Writes each text to a file of a new directory; `remove` deletes it. */
export function writeTempFiles<Name extends string>(texts: Readonly<Record<Name, string>>) {
  const { path: directory, remove: removeDirectory } = createTempDirectory("certificates");
  const files = Object.entries<string>(texts).map(([name, text]) => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return [name, file] as const;
  });
  return {
    files: Object.fromEntries(files) as Record<Name, string>,
    remove: () => {
      removeDirectory();
    },
  };
}
