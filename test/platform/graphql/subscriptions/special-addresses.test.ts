import { canConnectTo } from "../../../../src/platform/graphql/subscriptions/callback/callback-addresses";

// IANA's registries of special-purpose addresses, row by row, with multicast and what was special once. First and last address of each.
// "private": allowed for hosts that are listed as private; "never": not even then.
const REGISTRY: readonly (readonly [
  block: string,
  name: string,
  kind: "private" | "never",
  ends: readonly string[],
])[] = [
  ["0.0.0.0/8", "this network", "never", ["0.0.0.0", "0.255.255.255"]],
  ["10.0.0.0/8", "private use", "private", ["10.0.0.0", "10.255.255.255"]],
  ["100.64.0.0/10", "shared address space", "private", ["100.64.0.0", "100.127.255.255"]],
  ["127.0.0.0/8", "loopback", "private", ["127.0.0.0", "127.255.255.255"]],
  ["169.254.0.0/16", "link-local", "never", ["169.254.0.0", "169.254.255.255"]],
  ["172.16.0.0/12", "private use", "private", ["172.16.0.0", "172.31.255.255"]],
  ["192.0.0.0/24", "IETF protocol assignments", "never", ["192.0.0.0", "192.0.0.255"]],
  ["192.0.0.0/29", "IPv4 service continuity", "never", ["192.0.0.0", "192.0.0.7"]],
  ["192.0.0.8/32", "IPv4 dummy address", "never", ["192.0.0.8"]],
  ["192.0.0.9/32", "port control protocol anycast", "never", ["192.0.0.9"]],
  ["192.0.0.10/32", "TURN anycast", "never", ["192.0.0.10"]],
  ["192.0.0.170/31", "NAT64/DNS64 discovery", "never", ["192.0.0.170", "192.0.0.171"]],
  ["192.0.2.0/24", "documentation", "never", ["192.0.2.0", "192.0.2.255"]],
  ["192.31.196.0/24", "AS112", "never", ["192.31.196.0", "192.31.196.255"]],
  ["192.52.193.0/24", "AMT", "never", ["192.52.193.0", "192.52.193.255"]],
  ["192.88.99.0/24", "6to4 relay anycast", "never", ["192.88.99.0", "192.88.99.255"]],
  ["192.168.0.0/16", "private use", "private", ["192.168.0.0", "192.168.255.255"]],
  ["192.175.48.0/24", "direct delegation AS112", "never", ["192.175.48.0", "192.175.48.255"]],
  ["198.18.0.0/15", "benchmarking", "never", ["198.18.0.0", "198.19.255.255"]],
  ["198.51.100.0/24", "documentation", "never", ["198.51.100.0", "198.51.100.255"]],
  ["203.0.113.0/24", "documentation", "never", ["203.0.113.0", "203.0.113.255"]],
  ["224.0.0.0/4", "multicast", "never", ["224.0.0.0", "239.255.255.255"]],
  ["240.0.0.0/4", "reserved", "never", ["240.0.0.0", "255.255.255.254"]],
  ["255.255.255.255/32", "limited broadcast", "never", ["255.255.255.255"]],

  ["::1/128", "loopback", "private", ["::1"]],
  ["::/128", "unspecified", "never", ["::"]],
  [
    "::/96",
    "IPv4-compatible, deprecated",
    "never",
    ["::2", "::7f00:1", "::127.0.0.1", "::93.184.216.34", "::ffff:ffff"],
  ],
  [
    "::ffff:0:0/96",
    "IPv4-mapped: as the IPv4 address",
    "private",
    ["::ffff:127.0.0.1", "::ffff:a00:1", "::ffff:192.168.255.255"],
  ],
  [
    "::ffff:0:0/96",
    "IPv4-mapped: as the IPv4 address",
    "never",
    ["::ffff:0.0.0.0", "::ffff:a9fe:a9fe", "::ffff:255.255.255.255"],
  ],
  ["::ffff:0:0:0/96", "IPv4-translated", "never", ["::ffff:0:0:0", "::ffff:0:7f00:1", "::ffff:0:ffff:ffff"]],
  ["64:ff9b::/96", "NAT64", "never", ["64:ff9b::", "64:ff9b::7f00:1", "64:ff9b::ffff:ffff"]],
  ["64:ff9b:1::/48", "local NAT64", "never", ["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"]],
  ["100::/64", "discard-only", "never", ["100::", "100::ffff:ffff:ffff:ffff"]],
  ["100:0:0:1::/64", "dummy prefix", "never", ["100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"]],
  ["2001::/23", "IETF protocol assignments", "never", ["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001::/32", "Teredo", "never", ["2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:1::1/128", "port control protocol anycast", "never", ["2001:1::1"]],
  ["2001:1::2/128", "TURN anycast", "never", ["2001:1::2"]],
  ["2001:1::3/128", "DNS-SD service registration anycast", "never", ["2001:1::3"]],
  ["2001:2::/48", "benchmarking", "never", ["2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:3::/32", "AMT", "never", ["2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:4:112::/48", "AS112", "never", ["2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:10::/28", "ORCHID, deprecated", "never", ["2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:20::/28", "ORCHIDv2", "never", ["2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:30::/28", "drone remote IDs", "never", ["2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2001:db8::/32", "documentation", "never", ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["2002::/16", "6to4", "never", ["2002::", "2002:7f00:1::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  [
    "2620:4f:8000::/48",
    "direct delegation AS112",
    "never",
    ["2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"],
  ],
  ["3fff::/20", "documentation", "never", ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["5f00::/16", "segment routing SIDs", "never", ["5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["fc00::/7", "unique local", "private", ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["fe80::/10", "link-local", "never", ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["fec0::/10", "site-local, deprecated", "never", ["fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["ff00::/8", "multicast", "never", ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["not 2000::/3", "not allocated", "never", ["200::1", "1fff::1", "4000::1", "8000::1", "e000::1", "fbff::1"]],
  [
    "clouds",
    "metadata servers",
    "never",
    ["100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"],
  ],
];

test.each(REGISTRY)("a callback to an address of %s (%s) is allowed: %s", (_block, _name, kind, ends) => {
  for (const address of ends) {
    expect([address, canConnectTo(address, false), canConnectTo(address, true)]).toEqual([
      address,
      false,
      kind === "private",
    ]);
  }
});

test.each([
  // The neighbors of the blocks above, and public hosts.
  ...["1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"],
  ...["169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.31.195.255"],
  ...[
    "192.31.197.0",
    "192.52.192.255",
    "192.52.194.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
  ],
  ...[
    "192.175.47.255",
    "192.175.49.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
  ],
  ...["203.0.114.0", "223.255.255.255", "93.184.216.34", "::ffff:93.184.216.34", "::ffff:5db8:d822"],
  ...["2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2001:ffff::1", "2003::1", "2620:4f:7fff::1"],
  ...["2620:4f:8001::1", "2606:2800:220:1:248:1893:25c8:1946", "3ffe:ffff::1", "3fff:1000::1", "3fff:ffff::1"],
])("a callback to %s, which is public, is allowed", (address) => {
  expect([canConnectTo(address, false), canConnectTo(address, true)]).toEqual([true, true]);
});
