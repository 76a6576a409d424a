/** Sockets that wait for packets, as /proc/net/tcp and udp list them (net/ipv4/tcp_ipv4.c get_tcp4_sock and its like). */

export interface WaitingSocket {
  /** Local address in hexadecimal, as it was printed: words in the byte order of the machine. */
  address: string;
  port: number;
  /** The row's beginning. */
  text: string;
}

/** TCP_LISTEN, and TCP_CLOSE for a UDP socket that is not connected (include/net/tcp_states.h). */
const waiting = {tcp: '0A', udp: '07'};

/** Undefined where the tables were not read. */
export function waitingSockets(
  proc: Map<string, string> | undefined,
  protocol: 'tcp' | 'udp',
): WaitingSocket[] | undefined {
  const tables = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((path) => proc?.get(path) ?? []);
  if (tables.length === 0) return undefined;
  return tables
    .join('\n')
    .split('\n')
    .flatMap((line) => {
      const [, address = '', port = '', state] =
        /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ??
        [];
      if (state !== waiting[protocol]) return [];
      return [{address, port: Number.parseInt(port, 16), text: line.trim().slice(0, 60)}];
    });
}

/**
 * Whether a socket takes packets for an IPv4 address: its own, or any. An IPv6 socket for any address takes IPv4 too,
 * unless it was told not to, which the table does not show.
 */
export function takes({address}: WaitingSocket, ip: string): boolean {
  if (/^0+$/.test(address)) return true;
  if (address.length === 32 && !/^0{16}(0000FFFF|FFFF0000)/.test(address)) return false;
  const bytes = ip.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  const word = address.slice(-8);
  return word === bytes.join('') || word === bytes.reverse().join('');
}
