/** Eight groups of 16 bits; an IPv4 address is the last two of `::ffff:a.b.c.d`. */
type Groups = readonly [number, number, number, number, number, number, number, number];

/** What calls must not reach, with its length in bits and its RFC or registry entry. IPv4. */
const FORBIDDEN_V4: readonly (readonly [prefix: string, bits: number])[] = [
  ['0.0.0.0', 8], // this network, RFC 791
  ['10.0.0.0', 8], // private, RFC 1918
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598
  ['127.0.0.0', 8], // loopback, RFC 1122
  ['169.254.0.0', 16], // link-local, RFC 3927; cloud metadata
  ['172.16.0.0', 12], // private, RFC 1918
  ['192.0.0.0', 24], // protocol assignments, RFC 6890
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.31.196.0', 24], // AS112, RFC 7535
  ['192.52.193.0', 24], // AMT, RFC 7450
  ['192.88.99.0', 24], // 6to4 relays, RFC 7526
  ['192.168.0.0', 16], // private, RFC 1918
  ['192.175.48.0', 24], // AS112, RFC 7534
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation, RFC 5737
  ['203.0.113.0', 24], // documentation, RFC 5737
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4], // reserved and broadcast, RFC 1112
];

/** IPv6: all is forbidden but global unicast (2000::/3), and of that these. Others embed an IPv4 address; see below. */
const FORBIDDEN_V6: readonly (readonly [prefix: string, bits: number])[] = [
  ['2001::', 23], // protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID and others
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056: reaches the IPv4 address in it
  ['2620:4f:8000::', 48], // AS112, RFC 7534
  ['3fff::', 20], // documentation, RFC 9637
];

/** What begins with these stands for the IPv4 address in its last 32 bits: vetted as that. */
const EMBEDS_V4: readonly (readonly [prefix: string, bits: number])[] = [
  ['::ffff:0:0', 96], // IPv4-mapped, RFC 4291
];

/**
 * Whether calls may go to an address, as a resolver or `URL` writes it. What is no address, has a zone or is in no list
 * of what is allowed, is refused: translated addresses (NAT64, 6to4, Teredo, IPv4-compatible) too, whatever is in them.
 */
export function isPublicAddress(address: string): boolean {
  const groups = parseAddress(address);
  if (!groups) return false;
  if (EMBEDS_V4.some((range) => isIn(groups, range))) {
    return !FORBIDDEN_V4.some(([prefix, bits]) => isIn(groups, [prefix, 96 + bits]));
  }
  return isIn(groups, ['2000::', 3]) && !FORBIDDEN_V6.some((range) => isIn(groups, range));
}

/** Whether an address is this machine: the only place a host registered as local may be. */
export function isLoopbackAddress(address: string): boolean {
  const groups = parseAddress(address);
  return groups !== undefined && (isIn(groups, ['127.0.0.0', 96 + 8]) || isIn(groups, ['::1', 128]));
}

function isIn(groups: Groups, [prefix, bits]: readonly [string, number]): boolean {
  const start = parseAddress(prefix)!;
  return groups.every((group, index) => {
    const compared = Math.min(16, Math.max(0, bits - index * 16));
    const mask = (0xffff << (16 - compared)) & 0xffff;
    return (group & mask) === (start[index]! & mask);
  });
}

const V4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Strict: no zones, no leading zeros, no short forms. What others may read in two ways is not an address. */
function parseAddress(text: string): Groups | undefined {
  const dotted = v4Groups(text);
  if (dotted) return [0, 0, 0, 0, 0, 0xffff, ...dotted];
  const lastColon = text.lastIndexOf(':');
  const tail = v4Groups(text.slice(lastColon + 1));
  const hex = tail ? `${text.slice(0, lastColon + 1)}${tail.map((group) => group.toString(16)).join(':')}` : text;
  const halves = hex.split('::');
  if (lastColon < 0 || halves.length > 2) return undefined;
  const [left, right] = [groupsOf(halves[0]!), groupsOf(halves[1] ?? '')];
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...Array<number>(missing).fill(0), ...right] as unknown as Groups;
}

function v4Groups(text: string): readonly [number, number] | undefined {
  const bytes = V4.exec(text)?.slice(1).map(Number);
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined;
  const [a, b, c, d] = bytes as [number, number, number, number];
  return [a * 256 + b, c * 256 + d];
}

function groupsOf(half: string): number[] | undefined {
  if (half === '') return [];
  const groups = half.split(':');
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : undefined;
}
