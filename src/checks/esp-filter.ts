import {encryptedVnis} from '../join/encryption.js';
import type {FilteredPacket} from '../join/netfilter.js';
import {decide, type PacketFilter, packetFilter} from '../join/packet-filter.js';
import {wayToVtep} from '../join/underlay-way.js';
import {defineCheck, type Report} from './check.js';
import type {HostContext} from './host-context.js';

/** Packet filters that let the data path through and not what encrypted overlays become of it: IP protocol 50. */
export const espFilter = defineCheck({
  name: 'esp-filter',
  codes: ['esp-filtered-in', 'esp-filtered-out'],
  perHost(host, report) {
    const tables = host.model.host;
    const own = host.vtep?.address;
    const encrypted = encryptedVnis(host.overlays);
    const vteps = [...new Set(encrypted.flatMap((one) => one.vteps))];
    const filter = tables && packetFilter(tables);
    if (vteps.length === 0 || !tables || own === undefined) return undefined;
    if (!filter) {
      report.notChecked({
        host: host.name,
        network: encrypted[0]?.network.name ?? null,
        why: 'whether its packet filter lets ESP through was not read',
        add: `Read ${host.name} as root, with iptables and nft there`,
      });
      return undefined;
    }
    const uplink = tables.links?.find(({addresses}) => addresses?.some(({address}) => address === own))?.name;
    const esp = {protocol: 'esp' as const, ipsec: true};
    const lost = {in: new Map<string, Lost>(), out: new Map<string, Lost>()};
    for (const vtep of vteps) {
      const incoming = {
        ...esp,
        src: vtep,
        dst: own,
        dstLocal: true,
        ...(uplink ? {inInterface: uplink} : {}),
      };
      note(lost.in, vtep, filter, 'INPUT', incoming);
      const dev = wayToVtep(tables, vtep).route?.dev;
      const outgoing = {...esp, src: own, dst: vtep, dstLocal: false, ...(dev ? {outInterface: dev} : {})};
      note(lost.out, vtep, filter, 'OUTPUT', outgoing);
    }
    const networks = [...new Set(encrypted.map(({network}) => network.name))].join(', ');
    for (const way of ['in', 'out'] as const) {
      for (const [rule, hit] of lost[way]) tell(host, report, {...hit, way, rule, networks});
    }
    return undefined;
  },
});

interface Lost {
  vteps: string[];
  evidence: string[];
  /** Whether what answers packets of this host's own passes: ESP is tracked by its two addresses alone. */
  answersPass: boolean;
}

/** Gathers who is hit by one rule. */
function note(
  lost: Map<string, Lost>,
  vtep: string,
  filter: PacketFilter,
  hook: 'INPUT' | 'OUTPUT',
  packet: FilteredPacket,
): void {
  const {verdict, rule = '', evidence} = decide(filter, hook, {...packet, ctState: 'NEW'});
  if (verdict !== 'drop') return;
  const answersPass = decide(filter, hook, {...packet, ctState: 'ESTABLISHED'}).verdict !== 'drop';
  const known = lost.get(rule) ?? {vteps: [], evidence, answersPass};
  known.vteps.push(vtep);
  lost.set(rule, known);
}

function tell(
  host: HostContext,
  report: Report,
  {
    way,
    rule,
    vteps,
    evidence,
    answersPass,
    networks,
  }: Lost & {way: 'in' | 'out'; rule: string; networks: string},
): void {
  const [chain, end] = way === 'in' ? ['INPUT', '-s'] : ['OUTPUT', '-d'];
  report.found({
    code: way === 'in' ? 'esp-filtered-in' : 'esp-filtered-out',
    severity: answersPass ? 'warning' : 'error',
    host: host.name,
    network: null,
    subject: rule,
    evidence: [
      ...evidence,
      `encrypted overlays here: ${networks}; other nodes: ${vteps.slice(0, 5).join(', ')}`,
    ],
    cause: `the rules of ${host.name} drop ESP (IP protocol 50) ${way === 'in' ? 'from' : 'to'} ${vteps.length === 1 ? vteps[0] : `${vteps.length} other nodes`}, which encrypted overlays become on the wire; the open UDP port of the data path is of no use to them${answersPass ? '. Only answers pass: nothing goes through until this host itself has sent, and again after 10 minutes of silence' : ''}`,
    remedy: vteps.slice(0, 3).map((vtep) => ({
      command: `iptables -I ${chain} -p esp ${end} ${vtep} -j ACCEPT`,
      touches: `ESP ${way === 'in' ? 'from' : 'to'} ${vtep}; a firewall manager must be told too`,
    })),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}
