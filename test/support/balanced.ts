/**
 * What Docker sets up for services on a kernel with IPVS, put into evidence of a host whose kernel has none. By moby
 * libnetwork service_linux.go (addLBBackend, programIngress, fwMarker) and the format strings of the kernel's
 * ip_vs_ctl.c; iptables prints MARK as --set-xmark.
 */
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {answerOf, type Change, editTable, type Raw, sectionOf, setProc} from './evidence.js';

interface NetworkAnswer {
  Id: string;
  Name: string;
  Ingress: boolean;
  IPAM: {Config: {Subnet: string}[]};
  Containers: Record<string, {IPv4Address: string}>;
  Services: Record<
    string,
    {VIP: string; LocalLBIndex: number; Ports: string[]; Tasks: {EndpointIP: string}[]}
  >;
}

/** Adds load balancers for every service that gossip knows, on each of its networks that has a sandbox here. */
export function addBalancers(draft: HostEvidence): void {
  const networks = draft.docker.answers
    .filter(({path}) => /^\/networks\/[^?]+\?verbose=true$/.test(path))
    .map(({body}) => body as NetworkAnswer)
    .filter(({Services}) => Services);
  for (const network of networks) {
    const file = network.Ingress ? 'ingress_sbox' : `lb_${network.Id.slice(0, 9)}`;
    const own = network.Containers[network.Ingress ? 'ingress-sbox' : `lb-${network.Name}`]?.IPv4Address;
    if (own === undefined || !draft.sections.some(({netns}) => netns === file)) continue;
    const services = Object.values(network.Services).filter(({LocalLBIndex}) => LocalLBIndex > 0);
    addAliases(
      draft,
      file,
      own,
      services.map(({VIP}) => VIP),
    );
    addLines(draft, file, 'proc', [
      '/proc/net/ip_vs:IP Virtual Server version 1.2.1 (size=4096)',
      '/proc/net/ip_vs:Prot LocalAddress:Port Scheduler Flags',
      '/proc/net/ip_vs:  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
      ...services.flatMap(({LocalLBIndex, Tasks}) => [
        `/proc/net/ip_vs:FWM  ${hex(LocalLBIndex)} rr `,
        ...Tasks.map(({EndpointIP}) => `/proc/net/ip_vs:${destination(EndpointIP)}`),
      ]),
      '/proc/sys/net/ipv4/vs/conntrack:1',
      '/proc/sys/net/ipv4/vs/conn_reuse_mode:0',
    ]);
    const ports = services.flatMap(({LocalLBIndex, Ports}) =>
      Ports.map((text) => ({mark: LocalLBIndex, port: /Publish: (\d+)/.exec(text)?.[1] ?? ''})),
    );
    addRules(
      draft,
      file,
      'mangle',
      ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
      [
        ...ports.map(({mark, port}) => `-A PREROUTING -p tcp -m tcp --dport ${port} -j ${setMark(mark)}`),
        ...services.map(({VIP, LocalLBIndex}) => `-A INPUT -d ${VIP}/32 -j ${setMark(LocalLBIndex)}`),
      ],
    );
    addRules(
      draft,
      file,
      'nat',
      [],
      [
        `-A POSTROUTING -d ${network.IPAM.Config[0]?.Subnet} -m ipvs --ipvs -j SNAT --to-source ${own.split('/')[0]}`,
      ],
    );
    if (network.Ingress)
      publish(
        draft,
        ports.map(({port}) => port),
      );
  }
}

/** The host's own rules, and the sockets that keep the ports. */
function publish(draft: HostEvidence, ports: string[]): void {
  const links = JSON.parse(sectionOf(draft, 'ingress_sbox', 'addr').output) as Raw[];
  const gateway = links
    .flatMap(({addr_info}) => addr_info as {local: string}[])
    .find(({local}) => local.startsWith('172.18.'))?.local;
  addRules(
    draft,
    '@host',
    'nat',
    [],
    [
      '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS',
      '-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-INGRESS',
      '-A POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE',
      ...ports.map(
        (port) =>
          `-A DOCKER-INGRESS -p tcp -m tcp --dport ${port} -j DNAT --to-destination ${gateway}:${port}`,
      ),
      '-A DOCKER-INGRESS -j RETURN',
    ],
  );
  addRules(
    draft,
    '@host',
    'filter',
    [],
    ports.flatMap((port) => [
      `-A DOCKER-INGRESS -p tcp -m tcp --dport ${port} -j ACCEPT`,
      `-A DOCKER-INGRESS -p tcp -m tcp --sport ${port} -m state --state RELATED,ESTABLISHED -j ACCEPT`,
    ]),
  );
  const filter = sectionOf(draft, '@host', 'iptables-nft');
  // Engines from 28.0.1 on have a chain of their own for what other drivers add, and put it first there.
  const own = /^(?:\[\d+:\d+\] )?-A DOCKER-FORWARD /m;
  filter.output = (
    own.test(filter.output)
      ? filter.output.replace(own, '[0:0] -A DOCKER-FORWARD -j DOCKER-INGRESS\n$&')
      : filter.output.replace(
          /^(\[\d+:\d+\] )?-A FORWARD -j DOCKER-USER$/m,
          '$&\n[0:0] -A FORWARD -j DOCKER-INGRESS',
        )
  ).replace(/^\*(nat|filter)$/gm, '$&\n:DOCKER-INGRESS - [0:0]');
  addLines(
    draft,
    '@host',
    'proc',
    // The recordings behind these have no TCP sockets: with those of ports come the ones of gossip and, on a manager, of nodes.
    [7946, ...managerPorts(draft), ...ports.map(Number)].map((port) => listening('/proc/net/tcp6', port)),
  );
}

function managerPorts(draft: HostEvidence): number[] {
  const info = answerOf(draft, '/info').body as {Swarm?: {ControlAvailable?: boolean}};
  return info.Swarm?.ControlAvailable ? [2377] : [];
}

/** A socket that listens on all addresses. */
export function listening(path: '/proc/net/tcp' | '/proc/net/tcp6', port: number, address?: string): string {
  const any = '0'.repeat(path.endsWith('6') ? 32 : 8);
  const local = `${address ?? any}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return `${path}:   0: ${local} ${any}:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`;
}

export function addLines(draft: HostEvidence, netns: string, name: string, lines: string[]): void {
  const section = sectionOf(draft, netns, name);
  section.output = `${section.output.trimEnd()}\n${lines.join('\n')}\n`;
}

export const destination = (ip: string, weight = 1): string =>
  `  -> ${ip
    .split('.')
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
    .join('')}:0000      Masq    ${String(weight).padEnd(6)} 0          0         `;

const hex = (mark: number) => mark.toString(16).toUpperCase().padStart(8, '0');
const setMark = (mark: number) => `MARK --set-xmark 0x${mark.toString(16)}/0xffffffff`;

function addAliases(draft: HostEvidence, file: string, own: string, addresses: string[]): void {
  const [ip] = own.split('/');
  editTable(draft, file, 'addr', (rows) =>
    rows.map((row) =>
      (row.addr_info as {local: string}[]).some(({local}) => local === ip)
        ? {
            ...row,
            addr_info: [
              ...row.addr_info,
              ...addresses.map((local) => ({family: 'inet', local, prefixlen: 32, scope: 'global'})),
            ],
          }
        : row,
    ),
  );
}

/** Into the table that is there; a table that is not is made, with its chains. */
function addRules(draft: HostEvidence, file: string, table: string, chains: string[], rules: string[]): void {
  const section = sectionOf(draft, file, 'iptables-nft');
  const lines = rules.map((rule) => `[0:0] ${rule}`).join('\n');
  const head = new RegExp(`(^\\*${table}\\n(?:[^*]*?\\n)?)(COMMIT)`, 'm');
  section.output = head.test(section.output)
    ? section.output.replace(head, `$1${lines}\n$2`)
    : `${section.output.trimEnd()}\n*${table}\n${chains.map((chain) => `:${chain} ACCEPT [0:0]`).join('\n')}\n${lines}\nCOMMIT\n`;
}

/** Takes away the lines of a section that a pattern fits. */
export function dropLines(draft: HostEvidence, netns: string, name: string, pattern: RegExp): void {
  const section = sectionOf(draft, netns, name);
  const kept = section.output.split('\n').filter((line) => !pattern.test(line));
  if (kept.length === section.output.split('\n').length)
    throw new Error(`no line of ${netns} is like ${pattern}`);
  section.output = kept.join('\n');
}

/** Id of a network, by the engine's list. */
export function networkId(evidence: HostEvidence, name: string): string {
  const list = answerOf(evidence, '/networks').body as {Id: string; Name: string}[];
  const id = list.find((network) => network.Name === name)?.Id;
  if (id === undefined) throw new Error(`no network ${name}`);
  return id;
}

/** The load balancer of uber-net, on which the services app (10.0.1.2) and site (10.0.1.5) are. */
export const uberBalancer = (evidence: HostEvidence) => `lb_${networkId(evidence, 'uber-net').slice(0, 9)}`;

const rules = 'iptables-nft';

/**
 * What a host with load balancers looks like where one link of them is not as the engine made it, by the code that tells
 * it. Of VIPs those of uber-net are broken, of published ports 8080 of the service site.
 */
export const balancerFaults = {
  'vip-alias-missing': (draft) =>
    editTable(draft, uberBalancer(draft), 'addr', (links) =>
      links.map((link) => ({
        ...link,
        addr_info: link.addr_info.filter(({prefixlen}: {prefixlen: number}) => prefixlen < 32),
      })),
    ),
  'vip-mark-missing': (draft) => dropLines(draft, uberBalancer(draft), rules, /-j MARK/),
  'ipvs-snat-missing': (draft) => dropLines(draft, uberBalancer(draft), rules, /-j SNAT --to-source 10/),
  'ipvs-service-missing': (draft) => dropLines(draft, uberBalancer(draft), 'proc', /FWM|Masq/),
  'ipvs-no-backend': (draft) => dropLines(draft, uberBalancer(draft), 'proc', /Masq/),
  'ipvs-conntrack-off': (draft) =>
    setProc(draft, uberBalancer(draft), '/proc/sys/net/ipv4/vs/conntrack', '0'),
  // 10.0.1.3 is the task of app on node2.
  'ipvs-backend-missing': (draft) => dropLines(draft, uberBalancer(draft), 'proc', /-> 0A000103:/),
  'ipvs-backend-stale': (draft) => {
    const section = sectionOf(draft, uberBalancer(draft), 'proc');
    const left = `/proc/net/ip_vs:${destination('10.0.1.200')}`;
    section.output = section.output.replace(/^\/proc\/net\/ip_vs: {2}-> 0A000103:.*$/m, `$&\n${left}`);
  },
  'ipvs-idle-timeout': (draft) => setKeepalive(draft, 7200),
  'ingress-dnat-missing': (draft) => dropLines(draft, '@host', rules, /-j DNAT .*:8080/),
  'ingress-dnat-stale': (draft) => {
    const section = sectionOf(draft, '@host', rules);
    section.output = section.output.replace(/(-j DNAT --to-destination )[\d.]+:8080/, '$1172.18.0.99:8080');
  },
  'ingress-mark-missing': (draft) => dropLines(draft, 'ingress_sbox', rules, /--dport 8080 -j MARK/),
  'ingress-localnet-off': (draft) =>
    setProc(draft, '@host', '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet', '0'),
} as const satisfies Record<string, Change>;

/** Seconds that containers wait before their first keepalive, in the sandboxes that were read. */
export function setKeepalive(draft: HostEvidence, seconds: number): void {
  for (const {name, netns} of draft.sections)
    if (name === 'proc' && netns !== undefined && /^[0-9a-f]{12}$/.test(netns))
      setProc(draft, netns, '/proc/sys/net/ipv4/tcp_keepalive_time', String(seconds));
}
