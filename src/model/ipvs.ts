/** IPVS as /proc/net/ip_vs prints it, of the namespace that it is read in (net/netfilter/ipvs/ip_vs_ctl.c ip_vs_info_seq_show). */

export interface IpvsDestination {
  address: string;
  /** 0 where the port stays as it is. */
  port: number;
  /** `Masq`, `Route`, `Tunnel` or `Local`. */
  forward: string;
  /** 0 gets no new connections. */
  weight: number;
  active: number;
  inactive: number;
  /** The row itself. */
  text: string;
}

export interface IpvsService {
  /** Firewall mark by which packets are picked, as Docker does; absent for a service that is an address and a port. */
  mark?: number;
  /** How it chooses a backend: `rr`, `wrr`, `sh`, … */
  scheduler?: string;
  /** Each datagram of a UDP flow is balanced by itself (`ops`, IP_VS_SVC_F_ONEPACKET). */
  onePacket?: true;
  /** The row itself. */
  text: string;
  destinations: IpvsDestination[];
}

export interface Ipvs {
  services: IpvsService[];
  /** Rows that are not understood: what is absent above may be among those. */
  problems: string[];
}

/** Addresses here are in hexadecimal in the order in which they are written, unlike those of /proc/net/tcp. */
export function parseIpvs(text: string): Ipvs {
  const services: IpvsService[] = [];
  const problems: string[] = [];
  for (const line of text.split('\n')) {
    const service = services.at(-1);
    const destination = service && destinationOf(line);
    if (destination) {
      service.destinations.push(destination);
      continue;
    }
    if (/^(IP Virtual Server |Prot LocalAddress|\s+-> RemoteAddress|\s*$)/.test(line)) continue;
    const marked = markedService(line);
    if (marked) services.push(marked);
    else if (/^(TCP|UDP|SCTP) +\S+:[0-9A-F]{4} /.test(line))
      services.push({text: line.trim(), destinations: []});
    else problems.push(line.slice(0, 200));
  }
  return {services, problems};
}

function markedService(line: string): IpvsService | undefined {
  const [, mark, scheduler, flags = ''] = /^FWM +([0-9A-F]{8}) (?:(\S+) *)?(.*)/.exec(line) ?? [];
  if (mark === undefined) return undefined;
  return {
    mark: Number.parseInt(mark, 16),
    ...(scheduler === undefined ? {} : {scheduler}),
    ...(/^ops\b/.test(flags) ? {onePacket: true as const} : {}),
    text: line.trim(),
    destinations: [],
  };
}

function destinationOf(line: string): IpvsDestination | undefined {
  const match =
    /^ +-> ([0-9A-F]{8}|\[[0-9a-f:]{2,39}\]):([0-9A-F]{4}) +([A-Za-z]+) +(-?\d+) +(\d+) +(\d+) *$/.exec(line);
  if (!match) return undefined;
  const [, address = '', port = '', forward = '', weight, active, inactive] = match;
  return {
    address: address.startsWith('[') ? address.slice(1, -1) : dotted(address),
    port: Number.parseInt(port, 16),
    forward,
    weight: Number(weight),
    active: Number(active),
    inactive: Number(inactive),
    text: `-> ${address}:${port} ${forward} ${weight} ${active} ${inactive}`,
  };
}

function dotted(hex: string): string {
  const value = Number.parseInt(hex, 16);
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}
