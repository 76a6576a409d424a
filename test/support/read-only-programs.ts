/** How the collector runs its reader, whose text is in the environment; what the batch holds is seen in netlink messages too. */
const reader = [
  'sh',
  '-c',
  'eval "\\$reader"',
  'reader',
  '[@\\w.-]+',
  '\\n((addr|neigh|rule) show\\n|route show (table all|cache)\\n)*',
];

/** Forms of commands that read and nothing else: each word a regular expression, `…` for any further words. */
const forms: string[][] = [
  // Shells and the collector's own texts.
  ['sh', '-s'],
  reader,
  ['nsenter', '--net=[^ ]+', '(/[^ ]*/)?sh', ...reader.slice(1)],
  ['nsenter', '--net=[^ ]+', 'true'],
  ['nsenter', '--net=[^ ]+', '(/[^ ]*/)?ip', '-j', 'neigh', 'show'],
  ['nsenter', '--net=[^ ]+', '(/[^ ]*/)?ip', 'monitor', 'neigh'],
  ['ip', 'monitor', 'neigh'],
  ['nsenter', '--net=/proc/(\\d+|self)/ns/net', '(/[^ ]*/)?ip', '-d', '-j', '-force', '-batch', '-'],
  ['true'],
  // iproute2 and BusyBox's ip
  ['ip', '-V'],
  ['ip', '-j', 'neigh', 'show'],
  // What a batch holds is seen in the netlink messages that it sends.
  ['ip', '-d', '-s', '-j', '-force', '-batch', '-'],
  ['ip', '-d', '-j', '-force', '-batch', '-'],
  ...[[], ['-d', '-s'], ['-d', '-s', '-j']].flatMap((options) => [
    ['ip', ...options, '(addr|neigh|rule)', 'show'],
    ['ip', ...options, 'route', 'show', 'table', 'all'],
  ]),
  ['ip', '-d', '-s', 'xfrm', 'state', 'list', 'nokeys'],
  ['ip', '-d', '-s', 'xfrm', 'policy', 'list'],
  ['bridge', 'fdb', 'show'],
  ['bridge', '-j', 'fdb', 'show'],
  ['bridge', '-d', '-s', 'fdb', 'show'],
  ['bridge', '-d', '-s', '-j', 'fdb', 'show'],
  // netfilter: only the forms that save
  ['ip6?tables(-legacy|-nft)?-save', '-c'],
  ['nft', '-j', 'list', 'ruleset'],
  ['nft', '-a', 'list', 'table', 'ip6?', '(filter|nat|mangle|raw|security)'],
  ['tc', 'qdisc', 'show'],
  ['tc', '-j', 'filter', 'show', 'dev', '[^-].*', '(ingress|egress)'],
  ['lsns', '-t', 'net', '-n', '-r', '-o', 'NS,PID,NETNSID'],
  // Docker: the relay (what it sends is checked apart), and contexts
  ['docker', 'system', 'dial-stdio'],
  ['docker', 'context', 'inspect', '--format', '[^]*', '[\\w.+-]+'],
  [
    'curl',
    '-q',
    '-sS',
    '-g',
    '-i',
    '--raw',
    '--max-time',
    '\\d+',
    '--unix-socket',
    '/[^ ]+',
    'http://docker/[^ ]*',
  ],
  // Network cards: the driver, and its features; and what a bond or a VLAN lies on.
  ...[[], ['nsenter', '--net=/proc/(\\d+|self)/ns/net']].flatMap((inside) => [
    [...inside, '(/[^ ]*/)?ethtool', '-[ik]', '[A-Za-z0-9_.@][A-Za-z0-9_.@-]*'],
    [
      ...inside,
      'sed',
      '-n',
      '-e',
      's/[^]*//p',
      '-e',
      's/[^]*//p',
      '/proc/net/bonding/.*',
      '/proc/net/vlan/.*',
    ],
  ]),
  // Small tools
  ['stat', '-L', '-c', '[^]*', '…'],
  ['grep', '-s', '-H', '-v', '[^/]*', '…'],
  ['grep', '-h', '-e', '\\^nameserver ', '--', '…'],
  [
    'grep',
    '-s',
    '-H',
    '-m',
    '\\d+',
    '-E',
    '-e',
    '\\^\\(nameserver[^/]*',
    '/proc/\\d+/root/etc/resolv\\.conf',
    '…',
  ],
  ['grep', '-o', '-E', '-e', '\\("dst"[^/]*'],
  ['grep', '-o', '-E', '-e', '"\\(LocalAddr[^/]*', '.*/swarm/docker-state\\.json'],
  ['grep', '-s', '-H', '-o', '-E', '-e', '[^/]*', '--', '…'],
  // The engine's log: its end, and what is picked of it by a text of awk that runs and writes nothing.
  ['tail', '-c', '\\d+', '/proc/\\d+/fd/2'],
  [
    'journalctl',
    '-u',
    'docker',
    '-t',
    'dockerd',
    '--since=-24h',
    '-n',
    '\\d+',
    '-o',
    'cat',
    '-q',
    '--no-pager',
  ],
  ['grep', '-a', '-F', '-e', 'Failed to add ingress[^]*'],
  ['awk', '(?![^]*(?:system|getline|close|fflush|>))\\s*BEGIN [^]*'],
  ['grep', '-q', '[^]*', '/(proc/modules|lib/modules/.*)'],
  ['sed', '(?!-[ni]*i)[^]*', '…'],
  ['head', '-c', '\\d+'],
  ['tr', '[^]*', '[^]*'],
  ['sort', '-u'],
  ['cat'],
  ['id', '-u'],
  ['uname', '-[nrs]'],
  ['date', '\\+%s'],
  ['sleep', '[\\d.]+'],
];

const patterns = forms.map((words) => ({
  words: words.filter((word) => word !== '…').map((word) => new RegExp(`^(?:${word})$`)),
  open: words.includes('…'),
}));

/** Whether a command is one of the forms that only read. Folders in front of the program don't count. */
export function onlyReads(argv: readonly string[]): boolean {
  const [program = '', ...rest] = argv;
  const words = [program.slice(program.lastIndexOf('/') + 1), ...rest];
  if (words[0] === 'sed' && words.some((word) => /^(-[a-z]*i|--in-place)/.test(word))) return false;
  return patterns.some(
    (form) =>
      (form.open ? words.length >= form.words.length : words.length === form.words.length) &&
      form.words.every((pattern, index) => pattern.test(words[index] ?? '')),
  );
}
