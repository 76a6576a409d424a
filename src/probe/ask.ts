/** Asks for the destination's name as the source would: the same server, from the same namespace. */
import type {Naming} from '../trace/naming.js';
import type {ProbeShell} from './session.js';

export type NameResult = 'answered' | 'unknown-name' | 'refused' | 'timeout' | 'failed' | 'not-asked';

export interface NameProbe {
  asked: string;
  server: string;
  result: NameResult;
  addresses: string[];
  /** Whether one of the addresses is the destination's; null where nobody could be asked. */
  resolves: boolean | null;
  /** What was found, in a sentence. */
  text: string;
  /** Null where the model or the probe leaves it open. */
  agreesWithModel: boolean | null;
}

/** What is asked, and from where. */
export interface NameQuestion {
  naming: Naming;
  server: string;
  shell: ProbeShell;
  inode: number;
  netns: string;
}

/** Names that a shell, `read` and every resolver take as one plain word. */
export const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;

export async function askName({naming, server, shell, inode, netns}: NameQuestion): Promise<NameProbe> {
  const {asked} = naming;
  if (!shell.tools.found.has('ask') || !plainName.test(asked)) {
    const why = shell.tools.found.has('ask')
      ? 'it has characters that are not passed to a program'
      : 'dig, host and nslookup are not installed there (package bind9-dnsutils)';
    return {
      asked,
      server,
      result: 'not-asked',
      addresses: [],
      resolves: null,
      text: `no DNS query for ${asked} was sent: ${why}`,
      agreesWithModel: null,
    };
  }
  const lines: string[] = [];
  // The dot at the end keeps the search list of the host's own resolv.conf out.
  await shell.run(
    ['ask', inode, netns, server, `${asked.replace(/\.$/, '')}.`],
    (line) => void lines.push(line),
  );
  const {result, addresses} = readAnswer(lines);
  const resolves = result === 'answered' && addresses.some((address) => naming.addresses.includes(address));
  return {
    asked,
    server,
    result,
    addresses,
    resolves,
    text: textOf({asked, server, result, addresses, resolves, wanted: naming.addresses}),
    agreesWithModel: naming.resolves === null ? null : naming.resolves === resolves,
  };
}

/** The answer as dig, host, BIND's nslookup and BusyBox's print it. */
export function readAnswer(lines: readonly string[]): {result: NameResult; addresses: string[]} {
  const addresses = new Set<string>();
  for (const line of lines) {
    // The server's own address has its port behind it.
    const found =
      /^\S+\s+\d+\s+IN\s+A\s+(\d+\.\d+\.\d+\.\d+)$/.exec(line) ??
      /^\S+ has address (\d+\.\d+\.\d+\.\d+)$/.exec(line) ??
      /^Address(?: \d+)?:\s+(\d+\.\d+\.\d+\.\d+)$/.exec(line);
    if (found?.[1]) addresses.add(found[1]);
  }
  const text = lines.join('\n');
  const result: NameResult =
    addresses.size > 0
      ? 'answered'
      : /NXDOMAIN/.test(text)
        ? 'unknown-name'
        : /connection refused/i.test(text)
          ? 'refused'
          : /timed out|no servers could be reached/.test(text)
            ? 'timeout'
            : 'failed';
  return {result, addresses: [...addresses]};
}

interface Told extends Pick<NameProbe, 'asked' | 'server' | 'result' | 'addresses'> {
  resolves: boolean;
  wanted: string[];
}

function textOf({asked, server, result, addresses, resolves, wanted}: Told): string {
  switch (result) {
    case 'answered':
      return resolves
        ? `${server} resolves ${asked} to ${addresses.join(', ')}`
        : `${server} resolves ${asked} to ${addresses.join(', ')}, not ${wanted.join(', ')}`;
    case 'unknown-name':
      return `${server} has no record for ${asked} (NXDOMAIN)`;
    case 'refused':
      return `${server} refused the DNS query for ${asked}`;
    case 'timeout':
      // The engine asks the servers outside for what it does not know, and waits for them.
      return `${server} did not answer the DNS query for ${asked} within a second`;
    default:
      return `the answer of ${server} to the DNS query for ${asked} was not understood`;
  }
}
