/**
 * Which evidence breaks a row of the contract, and which holds it. A row is judged only with both: `test/answers/contract-rows.long.test.ts`
 * looks at each of them as `doctor --contract` does.
 */
import {readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {all} from '../trace/changed.js';
import {dropLines} from './balanced.js';
import {newer, nftables} from './engine-29.js';
import {
  type Change,
  derived,
  editAnswers,
  editTable,
  fixtureEvidence,
  later,
  overlayOf,
  type Raw,
  sectionOf,
  setProc,
} from './evidence.js';
import {
  ago,
  ahead,
  containerOf,
  containers,
  counted,
  defaultRoute,
  engineConfig,
  globalIpv6,
  health,
  hostRules,
  hostsFiles,
  ingressIpvs,
  inHostMode,
  inSandbox,
  inSection,
  inside,
  ipvs,
  leftBehind,
  like,
  networkOf,
  option,
  other,
  overlayTable,
  peers,
  port,
  published,
  ranged,
  rejected,
  resolver,
  rulesFor,
  stopped,
  uberFile,
  unheard,
  verbose,
  vxlanMtu,
  windows,
  withAlias,
  withFile,
  withNetwork,
  without,
  withService,
  withTask,
} from './row-changes.js';

/** Readings of hosts, and the rows that they break. */
export interface Breach {
  name: string;
  hosts: () => HostEvidence[];
  rows: string;
}

type Base = 'derived/healthy-28.5.2' | 'recorded/full' | 'recorded';
const load = (base: Base) => ['node1', 'node2'].map((name) => fixtureEvidence(`${base}/${name}`));
const nothing: Change = () => {};

/** Both nodes of a healthy swarm, with a change on each. */
const swarm = (one: Change, two: Change = nothing, base: Base = 'derived/healthy-28.5.2') => {
  const [node1, node2] = load(base) as [HostEvidence, HostEvidence];
  return [derived(node1, one), derived(node2, two)];
};

const made = (name: string, rows: string, one: Change, two: Change = nothing, base?: Base): Breach => ({
  name,
  rows,
  hosts: () => swarm(one, two, base),
});
/** A folder of fixtures. */
const recorded = (folder: string, rows: string): Breach => ({
  name: folder,
  rows,
  hosts: () =>
    readdirSync(fileURLToPath(new URL(`../../fixtures/${folder}`, import.meta.url)))
      .filter((file) => file.endsWith('.json.gz'))
      .map((file) => fixtureEvidence(`${folder}/${file.replace('.json.gz', '')}`)),
});

export const breaches: readonly Breach[] = [
  recorded('recorded/fdb-wrong-vtep', '1.1 1.2 11.2.1'),
  recorded('recorded/doctor/vtep-not-local', '1.3'),
  recorded('recorded/trace/outer-source', '1.4'),
  recorded('recorded/doctor/data-path-port-closed', '1.5 10.2.1'),
  made('a Windows node and another data-path port', '1.6', (draft) => {
    windows(draft);
    editAnswers(draft, /^\/info$/, (body: Raw) => {
      body.Swarm.Cluster.DataPathPort = 7789;
    });
  }),
  recorded('recorded/doctor/gossip-port-filtered', '1.7'),
  made(
    'gossip at another address',
    '1.8',
    peers((some) => some.map((peer) => (peer.IP === other ? {...peer, IP: '10.99.0.2'} : peer))),
    (draft) =>
      editTable(draft, '@host', 'addr', (links) => {
        links
          .find(({ifname}) => ifname === 'eth0')
          .addr_info.push({family: 'inet', local: '10.99.0.2', prefixlen: 24, scope: 'global'});
        return links;
      }),
  ),
  made('no socket of gossip', '1.9', (draft) => {
    const section = sectionOf(draft, '@host', 'proc');
    section.output = section.output.replaceAll(':1F0A ', ':1F0B ');
  }),
  made(
    'VTEPs of both IP versions',
    '1.11 1.12',
    inSandbox('uber-net', 'fdb', (rows) => [
      ...rows,
      {...rows.find(({dst}) => dst === other), mac: '02:42:0a:00:01:f0', dst: '2001:db8::7'},
    ]),
  ),
  made('live-restore', '1.13', stopped(engineConfig, 'config.live-restore=true')),
  made('nftables without its feature', '1.14', stopped(engineConfig, 'config.firewall-backend=nftables')),
  made(
    'nftables without forwarding',
    'N1.7',
    all(stopped(engineConfig, 'config.firewall-backend=nftables', 'config.swarm-nftables=true'), (draft) =>
      setProc(draft, '@host', '/proc/sys/net/ipv4/ip_forward', '0'),
    ),
  ),
  made('another MTU of the tunnel', '2.1.1 3.6', vxlanMtu('uber-net', 1400)),
  made('another MTU of an encrypted tunnel', '3.7', vxlanMtu('secret-net', 1450)),
  recorded('recorded/doctor/mtu-differs', '4.6'),
  recorded('recorded/doctor/mtu-too-small', '3.5'),
  made(
    'another VNI',
    '2.1.2 2.3.1 10.2.2',
    inSandbox('uber-net', 'addr', (rows) =>
      rows.map((row) => {
        if (row.linkinfo?.info_kind === 'vxlan') row.linkinfo.info_data.id = 5000;
        return row;
      }),
    ),
  ),
  recorded('recorded/doctor/encryption-mark-missing', '2.1.3 9.1 12.1.2'),
  made('dsr that is not programmed', '2.1.4 6.0.5', option('uber-net', 'dsr', '')),
  made('a network without a driver', '2.2.1 2.3.2 2.3.3 11.4.3', withNetwork({Name: 'lost', Id: 'lostid'})),
  made(
    'a second ingress network',
    '2.4.1 2.4.5',
    like('uber-net', {Id: 'second', Name: 'second', Ingress: true, Options: {}}),
  ),
  made(
    'an ingress network of the old form',
    '2.4.3',
    like('uber-net', {Id: 'old', Name: 'old', Labels: {'com.docker.swarm.internal': 'true'}}),
  ),
  made('two networks with one VNI', '11.4.1', like('uber-net', {Id: 'twinid', Name: 'twin'})),
  ...(
    [
      ['2.2.2', 'could not find network: network abc not found'],
      ['2.2.6', 'configuration network "conf" does not exist'],
      ['2.2.8', 'error renaming interface "dst0" to "a/b": invalid argument'],
      ['2.2.9', 'container cannot be disconnected from host network or connected to host network'],
      ['2.3.5', 'failed to parse "many" as mtu'],
      ['2.4.4', 'invalid pool request: Pool overlaps with other one on this address space'],
      ['9.8', 'cannot join secure network: encryption keys not present'],
    ] as const
  ).map(([row, error]) => made(`a task that was rejected: ${error}`, row, rejected(error))),
  made('a network that is left on a node', '2.2.3 11.3.7', nothing, leftBehind),
  made(
    'a network that is left on a node outside the swarm',
    '11.1.8',
    nothing,
    all(leftBehind, (draft) =>
      editAnswers(draft, /^\/info$/, (body: Raw) => {
        body.Swarm.LocalNodeState = 'inactive';
      }),
    ),
  ),
  recorded('recorded/trace/address-gone-receiver', '2.2.4 3.1'),
  made('an attachment of a container that is gone', '2.2.5', (draft) =>
    editAnswers(draft, /^\/tasks\?/, (tasks: Raw[]) => {
      const [first] = tasks;
      const ContainerStatus = {ContainerID: 'e'.repeat(64)};
      first.Status = {State: 'running', Timestamp: ago(draft, 300), ContainerStatus};
      first.DesiredState = 'running';
    }),
  ),
  made('a task that waits', '2.2.7 11.4.4', withTask('new')),
  made('an attachment without an address', '2.3.7', (draft) =>
    withTask('new', {NetworksAttachments: [{Network: {ID: networkOf(draft, 'uber-net').Id}, Addresses: []}]})(
      draft,
    ),
  ),
  made(
    'a port above 65535',
    '7.2.8',
    all(withTask('new', {ServiceID: 'id-high'}), withService('high', {Ports: [port(70_000)]})),
  ),
  made(
    'a host port that is taken',
    '7.3.4',
    withTask('pending', {Status: {Err: 'no suitable node (host-mode port already in use on 2 nodes)'}}),
  ),
  made('a VIP outside its network', '2.3.8', (draft) =>
    withService('odd', {VirtualIPs: [{NetworkID: networkOf(draft, 'uber-net').Id, Addr: '10.9.9.9/24'}]})(
      draft,
    ),
  ),
  {
    name: 'another VIP ten seconds later',
    rows: '2.3.9',
    hosts: () => {
      const [node1, node2] = swarm(nothing) as [HostEvidence, HostEvidence];
      const moved: Change = (draft) =>
        editAnswers(draft, /^\/services$/, (services: Raw[]) => {
          services.find(({Spec}) => Spec.Name === 'app').Endpoint.VirtualIPs[0].Addr = '10.0.1.77/24';
        });
      return [node1, later(node1, 10, moved), node2];
    },
  },
  recorded('recorded/full/vip-alias-missing', '2.3.10 6.0.1 6.0.7 11.3.4 11.3.5'),
  made('gossip without a task', '2.3.11 5.2', unheard),
  made(
    'a peer that is missing',
    '2.3.12',
    peers((some) => some.filter(({IP}) => IP !== other)),
    (draft) =>
      editAnswers(draft, containers, (body: Raw) => {
        body.State.StartedAt = ago(draft, 3600);
      }),
  ),
  made('counts that do not add up', '2.3.13', counted(12, 240)),
  made('an address outside the range', '2.3.14', ranged('10.0.1.128/25')),
  recorded('recorded/full/ingress-dnat-missing', '2.4.2 7.0.1 7.0.5 7.1.2 7.1.6 7.2.1 11.2.12 11.4.6 11.5.2'),
  recorded('recorded/trace/mac-changed-receiver', '3.2'),
  made('an interface that the engine does not list', '3.3 4.7', (draft) => {
    const {Id} = containerOf(draft, /^\/web1$/);
    editAnswers(draft, verbose, (network: Raw) => {
      if (network.Name === 'uber-net') delete network.Containers[Id];
    });
  }),
  made(
    'a Windows node and an mtu option',
    '3.9',
    all(windows, option('uber-net', 'com.docker.network.driver.mtu', '1400')),
  ),
  recorded('recorded/doctor/container-route-missing', '3.10 3.11'),
  made('a default route inside an internal network', '3.12 8.0.3', defaultRoute(/^\/quiet1$/, {dev: 'eth9'})),
  recorded('recorded/fdb-row-missing', '4.1 10.1.1 11.1.1 11.2.3 11.2.8 11.2.11 11.4.2 11.5.1 11.6.7'),
  recorded('recorded/trace/ip-forward-off', '4.4 N1.6'),
  recorded('recorded/trace/endpoint-filtered', '4.5'),
  made('no bridge netfilter', '4.8 8.1.5', (draft) =>
    setProc(draft, '@host', '/proc/sys/net/bridge/bridge-nf-call-iptables', '0'),
  ),
  recorded('recorded/doctor/dns-rules-missing', '5.1 5.4'),
  made('a health check that fails', '5.6 5.7', health('unhealthy')),
  made('a removed service in gossip', '5.8', without('app', true)),
  made('a service without tasks in gossip', '5.9', without('app', false)),
  made(
    'a VIP of a service without tasks',
    '5.10',
    all(without('app', false), (draft) =>
      editAnswers(draft, verbose, (network: Raw) => {
        if (network.Name === 'uber-net') delete network.Services.app;
      }),
    ),
  ),
  made('a renamed container', '5.11', nothing, (draft) => {
    const body = containerOf(draft, /^\/web2$/);
    body.Name = '/shop';
    body.NetworkSettings.Networks['uber-net'].DNSNames = ['shop'];
  }),
  recorded('recorded/trace/dns-other-server', 'D1.1 D1.2'),
  made('a container with ndots', 'D1.3 D3.4', resolver('nameserver 127.0.0.11; options ndots:2')),
  recorded('recorded/doctor/subnet-overlap', 'D3.2'),
  recorded('recorded/full/vip-mark-missing', '6.0.2'),
  made('one-packet scheduling of a VIP', '6.0.3', ipvs(/(FWM {2}00000100 rr).*/, '$1 ops ')),
  made('one-packet scheduling of a published port', '7.2.2', ingressIpvs(/(FWM {2}\S+ rr).*/, '$1 ops ')),
  recorded('recorded/full/ipvs-snat-missing', '6.0.4 7.2.3'),
  made(
    'SNAT inside a container',
    '6.0.6',
    inside(/^\/web1$/, '[0:0] -A POSTROUTING -o eth0 -j SNAT --to-source 10.0.1.99'),
  ),
  made('another scheduler', '6.1.1', ipvs(/(FWM {2}00000100) rr/, '$1 lc')),
  recorded('recorded/full/ipvs-backend-stale', '6.2.1 6.2.4 6.2.5 11.2.6 11.2.13 11.3.2'),
  recorded('recorded/full/ipvs-backend-missing', '6.2.2 11.6.6'),
  made(
    'a port that no service publishes',
    '7.0.3',
    hostRules(/^(.*-A DOCKER-INGRESS -p tcp -m tcp --dport )8080( -j DNAT.*:)8080$/m, '$&\n$19090$29090'),
  ),
  recorded('recorded/full/ingress-dnat-stale', '7.0.4'),
  made('IPv6 connections that nobody serves', '7.0.6 7.0.7 7.0.8', globalIpv6),
  recorded('recorded/full/ingress-localnet-off', '7.1.1'),
  made('a rule against requests of the own containers', '7.1.3 7.1.4 7.1.5', ahead),
  made(
    'a task without the rules of ingress',
    '7.2.4',
    nothing,
    (draft) => {
      const task = draft.sections.find(
        ({name, netns, output}) =>
          name === 'iptables-nft' && netns !== '@host' && /-j REDIRECT --to-ports 80/.test(output),
      )?.netns;
      dropLines(draft, task ?? '', 'iptables-nft', /-p (tcp|udp) -j DROP/);
    },
    'recorded/full',
  ),
  made(
    'a default route by an overlay',
    '7.2.5 8.0.4',
    defaultRoute(/^\/web1$/, {gateway: '10.0.1.1', dev: 'eth0'}),
  ),
  made('a published port twice', '7.2.6 7.2.7', withService('second', {Ports: [port(8080)]})),
  made('a port that a container has', '7.2.9 7.2.10', published(/^\/open1$/, '8080')),
  made('a host port without its rule', '7.3.1 7.3.2', published(/^\/web1$/, '9000')),
  made('another host port than managers list', '7.3.3', inHostMode(32769), published(/^\/site\./, '32768')),
  recorded('recorded/doctor/gwbridge-missing', '8.0.1 8.1.1 8.1.2 8.1.3'),
  recorded('recorded/doctor/masquerade-missing', '8.0.2'),
  recorded('recorded/full', '8.1.6'),
  recorded('recorded/doctor/esp-filtered-in', '9.2'),
  made(
    'an IPsec state in tunnel mode',
    '9.3',
    inSection('@host', 'xfrm-state', /mode transport/, 'mode tunnel'),
  ),
  recorded('recorded/doctor/encryption-drop-missing', '9.4 12.2.2'),
  recorded('recorded/trace/filter-in', '9.5'),
  made('encryption rules for an unencrypted VNI', '9.6 12.3.1', rulesFor(4097), nothing, 'recorded'),
  made('encryption rules for a VNI without network', '12.3.3', rulesFor(9000), nothing, 'recorded'),
  made('an element of the encrypted set without network', '12.1.3', overlayTable(9000)),
  made('the table docker-overlay beside iptables', '12.3.4', overlayTable()),
  recorded('recorded/full/xfrm-spi-mismatch', '9.7'),
  recorded('derived/encryption-unsupported', '9.9'),
  recorded('derived/engine-versions-mixed', '10.1.2'),
  recorded('recorded/full/xfrm-state-missing', '10.1.3'),
  made('a network with two sandboxes', '11.1.3', (draft) =>
    withFile(`2-${overlayOf(draft, 'uber-net').id.slice(0, 10)}`, uberFile)(draft),
  ),
  recorded('recorded/trace/vni-missing', '11.1.4 11.1.6'),
  made('a namespace of no network', '11.1.5', withFile('1-zzzzzzzzzz', uberFile)),
  made('a namespace of no container', '11.1.7', withFile('0123456789ab', uberFile)),
  recorded('recorded/trace/neighbour-wrong-mac', '11.2.2'),
  made('a peer that managers have lost', '11.2.4', (draft) =>
    editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
      const lost = nodes.find(({Status}) => Status.Addr === other);
      lost.Status.State = 'down';
      lost.UpdatedAt = ago(draft, 200);
    }),
  ),
  recorded('recorded/doctor/node-down', '11.2.5'),
  made('a remote entry for an own endpoint', '11.2.7', (draft) => {
    const {MacAddress, IPAddress} = containerOf(draft, /^\/web1$/).NetworkSettings.Networks['uber-net'];
    inSandbox('uber-net', 'fdb', (rows) => [
      ...rows,
      {mac: MacAddress, ifname: 'vxlan0', dst: other, flags: ['self'], state: 'permanent'},
    ])(draft);
    inSandbox('uber-net', 'neigh', (rows) => [
      ...rows,
      {dst: IPAddress, dev: 'vxlan0', lladdr: MacAddress, state: ['PERMANENT']},
    ])(draft);
  }),
  recorded('recorded/fdb-learned-only', '11.2.9 11.2.10'),
  recorded('recorded/stale', '11.2.14'),
  recorded('recorded/full/ipvs-no-backend', '11.3.1'),
  made('a VIP that no service has', '11.3.3 11.3.6', withAlias('10.0.1.77')),
  made(
    'the policy DROP of iptables under nftables',
    '11.5.3 N1.4',
    all(nftables, (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(':FORWARD ACCEPT', ':FORWARD DROP');
    }),
  ),
  made(
    'base chains elsewhere',
    '12.1.1 N1.1',
    all(nftables, inSection('@host', 'nft', /"hook": "input", "prio": -300/, '"hook": "input", "prio": 0')),
  ),
  made('DOCKER-INGRESS in 29.8', '12.3.2 N1.3', newer('iptables')),
  recorded('recorded/doctor/docker-rules-missing', '12.2.1 N1.2 N1.5'),
  made(
    'an address missing in /etc/hosts',
    'N2.1',
    hostsFiles((ip) => ip === '10.0.1.9'),
  ),
];

/** Evidence in which rows hold, each with the rows that it alone, or better than the others, shows. */
export const keeping: readonly Breach[] = [
  {
    name: 'a healthy swarm with engine 28.5, read twice',
    rows: '*',
    hosts: () => {
      const [node1, node2] = swarm(all(hostsFiles(), emptyCaches), all(hostsFiles(), emptyCaches)) as [
        HostEvidence,
        HostEvidence,
      ];
      return [node1, later(node1, 10), node2, later(node2, 10)];
    },
  },
  {
    name: 'a healthy swarm with engine 29.8 and nftables',
    rows: '1.14 2.3.13 11.5.3 12.1.1 12.3.2 12.3.4 N1.1 N1.3 N1.4 N1.7',
    hosts: () => swarm(nftables, nftables),
  },
];

/** What containers were told of paths: nothing. */
function emptyCaches(draft: HostEvidence): void {
  for (const {netns, name} of [...draft.sections])
    if (name === 'route' && netns !== undefined && netns !== '@host')
      draft.sections.push({
        name: 'route-cache',
        netns,
        command: 'ip -j route show cache',
        at: draft.startedAt,
        status: 0,
        output: '[]',
      });
}
