import { BlockList, isIP, isIPv6 } from "node:net";

const getFamily = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");

/** Whether the text is an IP address or a network in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    rest.length === 0 && bits > 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

/** Returns a check of the peer's address. Without ranges, every address passes. IPv4-mapped IPv6 addresses match IPv4 ranges. */
export function createAddressCheck(ranges: readonly string[]): (address: string | undefined) => boolean {
  const allowed = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    if (prefix === undefined) allowed.addAddress(address, getFamily(address));
    else allowed.addSubnet(address, Number(prefix), getFamily(address));
  }
  return (address) =>
    ranges.length === 0 || (address !== undefined && isIP(address) !== 0 && allowed.check(address, getFamily(address)));
}
