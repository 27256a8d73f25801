import { isIPv6 } from "node:net";

const IPV4_IN_IPV6 = /^::ffff:(\d+(?:\.\d+){3})$/i;

/**
 * The network that counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, the smallest network that is
 * assigned (RFC 6177). An IPv4-mapped IPv6 address counts as the IPv4 address.
 */
export function getNetworkPrefix(address = ""): string {
  if (!isIPv6(address)) return address;
  const ipv4 = IPV4_IN_IPV6.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const [before = "", after = ""] = address.split("%", 1).join().split("::");
  const [head, tail] = [before, after].map((part) => part.split(":").filter(Boolean));
  const zeros = Array<string>(Math.max(0, 8 - (head?.length ?? 0) - (tail?.length ?? 0))).fill("0");
  return [...(head ?? []), ...zeros, ...(tail ?? [])]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
