import { BlockList, isIP, isIPv6 } from "node:net";

/** Which URLs may be called back: an attacker's would make us speak to whatever we can reach. */
export interface CallbackPolicy {
  /** `host`, `host:port` or `host:*`; without a port, the scheme's own. Names must resolve to public addresses. */
  readonly hosts: readonly string[];
  /** The same, for hosts in a private network or on this machine. */
  readonly privateHosts: readonly string[];
  readonly demandsHttps: boolean;
}

type Ranges = readonly (readonly [network: string, prefix: number])[];

function blockList(ranges: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIPv6(network) ? "ipv6" : "ipv4");
  return list;
}

/** Of one network or machine alone. */
const PRIVATE = blockList([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::1", 128],
  ["fc00::", 7],
]);

/**
 * Nobody's whom we would call: link-local and clouds' metadata servers, multicast, reserved, documentation, and IPv6 that stands for
 * another address. https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
 */
const NEVER = blockList([
  ["0.0.0.0", 8],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  ["::", 128],
  ["64:ff9b::", 32],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fd00:ec2::254", 128],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
]);

/** Whether an address, as a name was resolved to, may be connected to. An IPv4 address in IPv6's notation counts as itself. */
export function mayConnectTo(address: string, mayBePrivate: boolean): boolean {
  if (isIP(address) === 0) return false;
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (NEVER.check(address, family)) return false;
  return mayBePrivate || !PRIVATE.check(address, family);
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

function isListed({ protocol, hostname, port }: URL, hosts: readonly string[]): boolean {
  const given = port === "" ? DEFAULT_PORTS[protocol] : port;
  return hosts.some((entry) => {
    const [, name = "", wanted = DEFAULT_PORTS[protocol]] = /^(\[.*\]|[^:]*)(?::(\d+|\*))?$/.exec(entry) ?? [];
    return name.toLowerCase() === hostname && (wanted === "*" || wanted === given);
  });
}

/** A URL that may be called, and whether its host may be one of a private network. */
export interface CallbackTarget {
  readonly url: URL;
  readonly mayBePrivate: boolean;
}

/** What may be called back at this URL; undefined for one that may not be. */
export function callbackTarget(text: string, policy: CallbackPolicy): CallbackTarget | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const hasScheme = url.protocol === "https:" || (url.protocol === "http:" && !policy.demandsHttps);
  if (!hasScheme || url.username !== "" || url.password !== "") return undefined;
  const mayBePrivate = isListed(url, policy.privateHosts);
  if (!mayBePrivate && !isListed(url, policy.hosts)) return undefined;
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  // A name is checked when it is resolved, at each connection.
  if (isIP(literal) !== 0 && !mayConnectTo(literal, mayBePrivate)) return undefined;
  return { url, mayBePrivate };
}
