/** IPv4 addresses that calls must not reach: first, last and well-known ones of each range. */
const V4 = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.1.2.3', '10.255.255.255', '100.64.0.1', '100.127.255.254'],
  ...['127.0.0.1', '127.0.0.2', '127.255.255.255', '169.254.0.1', '169.254.169.254', '169.254.170.2'],
  ...['172.16.0.1', '172.20.10.5', '172.31.255.255', '192.0.0.1', '192.0.0.170', '192.0.2.1', '192.31.196.1'],
  ...['192.52.193.1', '192.88.99.1', '192.168.0.1', '192.168.255.255', '192.175.48.1', '198.18.0.1'],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
];

const V6 = [
  ...['::', '::1', '0:0:0:0:0:0:0:1', '::2', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'fc00::1', 'fd00::1'],
  ...['fd00:ec2::254', 'fdff:ffff::1', 'ff00::1', 'ff02::1', 'ff0e::1', '100::1', '64:ff9b:1::1', '2001::1'],
  ...['2001:2::1', '2001:10::1', '2001:20::1', '2001:1ff::1', '2001:db8::1', '2001:db8:ffff::1', '2620:4f:8000::1'],
  ...['3fff::1', '3fff:fff::1', '4000::1', '5f00::1', '8000::1', 'e000::1', '1::1', '0100:0:0:1::1'],
];

/** What a resolver must not answer, but a careless parser may take. */
const MALFORMED = [
  ...['', ' ', '127.1', '0177.0.0.1', '0x7f.0.0.1', '2130706433', '0x7f000001', '127.0.0.1 ', '127.0.0.01'],
  ...['256.1.1.1', '1.2.3', '1.2.3.4.5', 'localhost', '::ffff:127.0.0.1%1', '1::2::3', '2606:4700::12345'],
  ...[
    '2606:4700',
    ':::1',
    '[::1]',
    '2606:4700:0:0:0:0:0:0:1',
    '2606:4700::1/64',
    '93.184.216.34:443',
    '9３.184.216.34',
  ],
];

const hex = (v4: string) => {
  const [a, b, c, d] = v4.split('.').map(Number) as [number, number, number, number];
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)] as const;
};

/** Addresses that a resolver answers, with their translations; none may be dialled. */
export const FORBIDDEN_ADDRESSES: readonly string[] = [
  ...V4,
  ...V4.map((v4) => `::ffff:${v4}`),
  ...V4.map((v4) => `::ffff:${hex(v4).join(':')}`),
  ...V4.map((v4) => `64:ff9b::${hex(v4).join(':')}`),
  ...V4.map((v4) => `64:ff9b:1::${hex(v4).join(':')}`),
  ...V4.map((v4) => `2002:${hex(v4).join(':')}::1`),
  ...V4.map((v4) => `::${v4}`),
  ...V4.map((v4) => `2001:0:4136:e378:8000:63bf:${hex(v4).join(':')}`),
  ...V6,
  ...V6.filter((v6) => !v6.includes('%')).map((v6) => v6.toUpperCase()),
  ...MALFORMED,
];

/** Host names as somebody may register them; a name that needs a resolver leads to this machine. */
export const FORBIDDEN_HOSTNAMES: readonly string[] = [
  // Loopback in other notations.
  ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.1.', '2130706433', '0x7f000001', '0x7f.0.0.1', '0x7f.1', '0X7F000001'],
  ...[
    '017700000001',
    '0177.0.0.1',
    '0177.1',
    '00000177.0.0.1',
    '127.000.000.001',
    '127.0x0.0.1',
    '0',
    '0.0',
    '0.0.0.0',
  ],
  ...['①②⑦.⓪.⓪.①', '127。0。0。1', '127．0．0．1', '%31%32%37.0.0.1', '127.0.0.1%00', '127.0.0.1\t', ' 127.0.0.1'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[::7f00:1]'],
  ...['[64:ff9b::7f00:1]', '[64:ff9b::127.0.0.1]', '[2002:7f00:1::]', '[fe80::1%25eth0]', '[fd00::1]', '::1'],
  // Names of this machine and of metadata services.
  ...['localhost', 'LOCALHOST', 'localhost.', 'localtest.example', 'metadata.google.internal', 'ⓛocalhost'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:a9fe:a9fe]', '169.254.43518'],
  // Private networks in other notations.
  ...['10.1', '0xa.0.0.1', '012.0.0.1', '3232235521', '192.168.257', '172.16.1', '0xc0a80001', '[fc00::1]'],
  // Userinfo, ports, and whatever else does not belong to a name.
  ...['user@127.0.0.1', 'user:password@127.0.0.1', 'api.partner.example@127.0.0.1', '@127.0.0.1', '127.0.0.1:8080'],
  ...['api.partner.example:22', 'api.partner.example:443', '127.0.0.1/', '127.0.0.1/x', '127.0.0.1?x', '127.0.0.1#x'],
  ...['127.0.0.1\\@api.partner.example', '127.0.0.1#@api.partner.example', '//127.0.0.1', 'http://127.0.0.1', '', '.'],
];

/** Paths by which a handler, or what it read, may try to leave the host. */
export const FORBIDDEN_PATHS: readonly string[] = [
  ...['', '//127.0.0.1/', '///127.0.0.1/', '/\\127.0.0.1/', '\\\\127.0.0.1\\', 'https://127.0.0.1/', 'http:127.0.0.1'],
  ...['@127.0.0.1/', ':8080/', '.127.0.0.1', 'x', '/\t/127.0.0.1/', '/\n/127.0.0.1/', '/ /x', '/x?y=1', '/x#y'],
  ...[
    '/../admin',
    '/a/../../admin',
    '/a/..',
    '/.',
    '/a/./b',
    '/%2e%2e/admin',
    '/%2E%2e/admin',
    '/.%2e/admin',
    '/a/%2e',
  ],
  ...['/..\\admin', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'data:text/plain,x'],
];
