import { BlockList, isIP, isIPv6 } from "node:net";

/** Restricts callback URLs. Otherwise an attacker could make this process send requests to any host that it can reach. */
export interface CallbackPolicy {
  /** `host`, `host:port` or `host:*`; without a port, the scheme's default. Names must resolve to public addresses. */
  readonly hosts: readonly string[];
  /** As `hosts`, for hosts in a private network or on this machine. */
  readonly privateHosts: readonly string[];
  readonly requiresHttps: boolean;
}

type Ranges = readonly (readonly [network: string, prefix: number])[];

function createBlockList(ranges: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIPv6(network) ? "ipv6" : "ipv4");
  return list;
}

/** Addresses of a private network or of this machine. */
const PRIVATE_RANGES = createBlockList([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::1", 128],
  ["fc00::", 7],
]);

/**
 * Never called, even if a list of hosts allows it: IANA's special-purpose registries except `PRIVATE_RANGES`, multicast, and the
 * metadata servers of clouds. https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
 */
const BLOCKED_RANGES = createBlockList([
  ["0.0.0.0", 8], // this network
  ["100.100.100.200", 32], // Alibaba Cloud's metadata
  ["168.63.129.16", 32], // Azure's metadata
  ["169.254.0.0", 16], // link-local, and most clouds' metadata
  ["192.0.0.0", 24], // IETF protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24], // 6to4 relays, deprecated
  ["192.175.48.0", 24], // AS112, direct delegation
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 3], // multicast, reserved, broadcast
  ["2001::", 23], // IETF protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, drone remote IDs
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["2620:4f:8000::", 48], // AS112, direct delegation
  ["3fff::", 20], // documentation
  ["fd00:42::42", 128], // Scaleway's metadata
  ["fd00:ec2::", 32], // AWS' metadata and other services of a host
  ["fd20:ce::254", 128], // Google Cloud's metadata
]);

/**
 * The IPv6 addresses that a host can have: global unicast, unique local, loopback, and IPv4-mapped addresses, which are checked
 * as IPv4. This excludes, among others, `::/96`, `::ffff:0:0:0/96`, `64:ff9b::/96`, `64:ff9b:1::/48`, `100::/64`, `5f00::/16`,
 * `fe80::/10`, `fec0::/10` and `ff00::/8`.
 */
const IPV6_HOST_RANGES = createBlockList([
  ["2000::", 3],
  ["fc00::", 7],
  ["::1", 128],
  ["::ffff:0:0", 96],
]);

/** Whether connections to a resolved address are allowed. An IPv4-mapped IPv6 address is checked as IPv4. */
export function canConnectTo(address: string, isPrivateAllowed: boolean): boolean {
  if (isIP(address) === 0) return false;
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (BLOCKED_RANGES.check(address, family)) return false;
  if (family === "ipv6" && !IPV6_HOST_RANGES.check(address, family)) return false;
  return isPrivateAllowed || !PRIVATE_RANGES.check(address, family);
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

function isListed({ protocol, hostname, port }: URL, hosts: readonly string[]): boolean {
  const actualPort = port === "" ? DEFAULT_PORTS[protocol] : port;
  return hosts.some((entry) => {
    const [, name = "", allowedPort = DEFAULT_PORTS[protocol]] = /^(\[.*\]|[^:]*)(?::(\d+|\*))?$/.exec(entry) ?? [];
    return name.toLowerCase() === hostname && (allowedPort === "*" || allowedPort === actualPort);
  });
}

/** An allowed callback URL, and whether its host can be in a private network. */
export interface CallbackTarget {
  readonly url: URL;
  readonly isPrivateAllowed: boolean;
}

/** Returns undefined if the policy does not allow the URL. */
export function parseCallbackTarget(text: string, policy: CallbackPolicy): CallbackTarget | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isSchemeAllowed = url.protocol === "https:" || (url.protocol === "http:" && !policy.requiresHttps);
  if (!isSchemeAllowed || url.username !== "" || url.password !== "") return undefined;
  const isPrivateAllowed = isListed(url, policy.privateHosts);
  if (!isPrivateAllowed && !isListed(url, policy.hosts)) return undefined;
  const address = url.hostname.replace(/^\[|\]$/g, "");
  // A name is checked when each connection resolves it.
  if (isIP(address) !== 0 && !canConnectTo(address, isPrivateAllowed)) return undefined;
  return { url, isPrivateAllowed };
}
