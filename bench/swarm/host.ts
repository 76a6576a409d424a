/** What a host holds beside its sandboxes: facts about it, its own network namespace, its routes to the other VTEPs. */
import type {Section} from '../../src/snapshot/snapshot.js';
import type {Raw} from '../../test/support/evidence.js';
import {certificatePem} from './certificate.js';
import {hostRules, iptablesSave, nftRuleset} from './filters.js';
import {gwbridgeSubnet, type Layout, type Plug} from './layout.js';
import {dataPathPort} from './netns.js';
import type {Node} from './plan.js';
import {anyAddress, procText, type Socket} from './proc.js';
import {type Clock, netnsSections, plainSection, routeRows} from './sections.js';
import {broadcastOf, linkRow} from './templates.js';

const folder = '/run/docker/netns';
const nsfs = '4';

function plugsOf({overlays}: Layout): Plug[] {
  return overlays.flatMap(({plugs}) => plugs);
}

export function aboutSection(clock: Clock, layout: Layout): Section {
  const {node, swarm, dockerdPid} = layout;
  const at = clock.now();
  const tools = [
    'ip',
    'bridge',
    'nsenter',
    'stat',
    'docker',
    'curl',
    'lsns',
    'nft',
    'tcpdump',
    'ping',
    'ethtool',
  ];
  const facts = {
    uid: 0,
    hostname: node.name,
    kernel: '6.1.0-28-amd64',
    system: 'Linux',
    time: Math.floor(Date.parse(at) / 1000),
    bootId: swarm.chance.uuid(`boot ${node.name}`),
    dockerdPid,
    rootless: 0,
    netnsDir: folder,
    netnsPath: folder,
    netnsState: 'ok',
    dataRoot: '/var/lib/docker',
    engineRules: '',
    enter: 1,
    ...Object.fromEntries(tools.map((tool) => [`tool.${tool}`, `/usr/sbin/${tool}`])),
    ipVersion: 'ip utility, iproute2-6.1.0, libbpf 1.1.0',
    ipJson: 1,
    bridgeJson: 1,
  };
  const lines = Object.entries(facts).map(([key, value]) => `${key}=${value}\n`);
  return {name: 'about', command: 'uname; /proc', at, status: 0, output: lines.join('')};
}

export function filesSection(clock: Clock, layout: Layout): Section {
  const made = clock.seconds() - 7200;
  const row = (inode: number, path: string) => `${nsfs} ${inode} 444 0 ${made} ${path}\n`;
  const files = [
    ...layout.overlays.map(({file, inode}) => ({file, inode})),
    ...plugsOf(layout).map(({file, inode}) => ({file, inode})),
  ].sort((a, b) => (a.file < b.file ? -1 : 1));
  return plainSection(
    clock,
    'files',
    `stat ${folder}/*`,
    [
      row(layout.hostInode, '/proc/self/ns/net'),
      row(layout.hostInode, `/proc/${layout.dockerdPid}/ns/net`),
      ...files.map(({file, inode}) => row(inode, `${folder}/${file}`)),
    ].join(''),
  );
}

export function processSections(clock: Clock, layout: Layout): Section[] {
  const lines = plugsOf(layout).flatMap(({pid, inode, endpoint}) =>
    pid === undefined
      ? []
      : [
          `${pid}=${inode}`,
          `cgroup.${pid}=0::/system.slice/docker-${endpoint.containerId}.scope`,
          `resolver.${pid}=nameserver 127.0.0.11; options ndots:0`,
        ],
  );
  return [
    plainSection(
      clock,
      'processes',
      'stat /proc/*/ns/net; /proc/PID/cgroup; /proc/PID/root/etc/resolv.conf',
      lines.map((line) => `${line}\n`).join(''),
    ),
    plainSection(
      clock,
      'resolvers',
      "grep '^nameserver ' /etc/resolv.conf",
      `nameserver ${gatewayOf(layout.node)}\n`,
    ),
  ];
}

/** `lsns` as an overlay sandbox sees it: ids for the host and for what is plugged in there. */
export function namespaceIds(layout: Layout, own: {inode: number; plugs: Plug[]}): string {
  const ids = new Map(own.plugs.map(({inode, veth}) => [inode, veth.nsid]));
  const rows = [
    {inode: layout.hostInode, pid: layout.dockerdPid, id: 0},
    {inode: own.inode, pid: layout.dockerdPid + 900, id: undefined},
    ...plugsOf(layout).flatMap(({inode, pid}) =>
      pid === undefined ? [] : [{inode, pid, id: ids.get(inode)}],
    ),
  ].sort((a, b) => a.inode - b.inode);
  return rows.map(({inode, pid, id}) => `${inode} ${pid} ${id ?? 'unassigned'}\n`).join('');
}

export function hostSections(clock: Clock, layout: Layout): Section[] {
  const {node, swarm} = layout;
  const legs = plugsOf(layout).flatMap(({gateway}) => (gateway ? [gateway] : []));
  const rules = hostRules(legs.map(({address}) => address));
  const sockets: Socket[] = [
    {file: 'udp', address: anyAddress.udp, port: dataPathPort},
    {file: 'udp6', address: anyAddress.udp6, port: 7946},
    {file: 'tcp', address: anyAddress.tcp, port: 22},
    {file: 'tcp6', address: anyAddress.tcp6, port: 7946},
    ...(node.manager ? [{file: 'tcp6', address: anyAddress.tcp6, port: 2377} as const] : []),
  ];
  return [
    ...netnsSections(clock, '@host', {
      addr: hostLinks(layout),
      route: routeRows(
        [
          {
            type: 'unicast',
            dst: 'default',
            gateway: gatewayOf(node),
            dev: 'eth0',
            table: 'main',
            protocol: 'boot',
            scope: 'global',
            flags: [],
          },
        ],
        [
          {...own('172.17.0.1', 16), subnet: '172.17.0.0/16', dev: 'docker0', down: true},
          {...own('172.18.0.1', 16), subnet: gwbridgeSubnet, dev: 'docker_gwbridge'},
          {...own(node.address, 24), subnet: `${rackOf(node)}.0/24`, dev: 'eth0'},
        ],
      ),
      neigh: hostNeighbours(layout),
      fdb: hostRows(layout),
      proc: procText(swarm.chance, {
        kind: 'host',
        interfaces: ['lo', 'eth0', 'docker0', 'docker_gwbridge', ...legs.map(({name}) => name)],
        sockets,
        connections: 60,
        label: node.name,
      }),
      save: iptablesSave(rules, 'Tue Dec  1 00:00:00 2026'),
      ruleset: nftRuleset(rules),
    }),
    {...plainSection(clock, 'xfrm-state', 'ip -d -s xfrm state list nokeys', ''), netns: '@host'},
    {...plainSection(clock, 'xfrm-policy', 'ip -d -s xfrm policy list', ''), netns: '@host'},
  ];
}

export function swarmSections(clock: Clock, {node, swarm}: Layout): Section[] {
  const directory = '/var/lib/docker/swarm';
  return [
    plainSection(
      clock,
      'certificate',
      `sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' ${directory}/certificates/swarm-node.crt`,
      certificatePem(swarm.chance, {
        node: node.id,
        role: node.manager ? 'swarm-manager' : 'swarm-worker',
        cluster: swarm.clusterId,
        from: new Date((clock.seconds() - 30 * 86_400) * 1000),
        to: new Date((clock.seconds() + 60 * 86_400) * 1000),
      }),
    ),
    plainSection(
      clock,
      'swarm-state',
      `grep -o … ${directory}/docker-state.json`,
      [
        `"LocalAddr":"${node.address}"`,
        '"ListenAddr":"0.0.0.0:2377"',
        `"AdvertiseAddr":"${node.address}:2377"`,
        '"DataPathPort":0',
        '',
      ].join('\n'),
    ),
  ];
}

/** The kernel's routes to the VTEPs that the sandboxes' rows name, and the card that they leave by. */
export function underlaySections(clock: Clock, layout: Layout): Section[] {
  const routes = remoteNodes(layout).map((remote) => {
    const near = rackOf(remote) === rackOf(layout.node);
    return JSON.stringify([
      {
        type: 'unicast',
        dst: remote.address,
        ...(near ? {} : {gateway: gatewayOf(layout.node)}),
        dev: 'eth0',
        table: 'main',
        prefsrc: layout.node.address,
        flags: [],
        uid: 0,
        cache: [],
      },
    ]);
  });
  if (routes.length === 0) return [];
  const driver =
    'driver: virtio_net\nversion: 1.0.0\nfirmware-version: \nexpansion-rom-version: \nbus-info: 0000:00:03.0\n';
  return [
    plainSection(clock, 'route-get', 'ip -d -j -force -batch - (route get VTEP)', `${routes.join('\n')}\n`),
    plainSection(clock, 'nic', 'ethtool -i eth0', driver),
  ].map((section) => ({...section, netns: '@host'}));
}

function remoteNodes({node, overlays}: Layout): Node[] {
  const remotes = new Set(overlays.flatMap(({network}) => network.nodes));
  remotes.delete(node);
  return [...remotes].sort((a, b) => (a.address < b.address ? -1 : 1));
}

function rackOf({address}: Node): string {
  return address.split('.').slice(0, 3).join('.');
}

function gatewayOf(node: Node): string {
  return `${rackOf(node)}.1`;
}

function own(address: string, prefixLength: number) {
  return {address, prefixLength, broadcast: broadcastOf(address, prefixLength)};
}

function hostLinks(layout: Layout): Raw[] {
  const {node, swarm, uplinkMac} = layout;
  return [
    linkRow('loopback', {index: 1, name: 'lo'}),
    linkRow('uplink', {
      index: 2,
      name: 'eth0',
      mac: uplinkMac,
      addresses: [{address: node.address, prefixLength: 24}],
    }),
    linkRow('idleBridge', {
      index: 3,
      name: 'docker0',
      mac: swarm.chance.mac(`docker0 ${node.name}`),
      addresses: [{address: '172.17.0.1', prefixLength: 16}],
    }),
    linkRow('gwbridge', {
      index: 4,
      name: 'docker_gwbridge',
      mac: swarm.chance.mac(`gwbridge ${node.name}`),
      addresses: [{address: '172.18.0.1', prefixLength: 16}],
    }),
    ...plugsOf(layout).flatMap(({gateway}) =>
      gateway
        ? [
            linkRow('gwbridgePort', {
              index: gateway.outer,
              name: gateway.name,
              mac: gateway.outerMac,
              master: 'docker_gwbridge',
              peer: {index: gateway.inner, nsid: gateway.nsid},
            }),
          ]
        : [],
    ),
  ];
}

function hostNeighbours(layout: Layout): Raw[] {
  const {node, swarm} = layout;
  const row = (dst: string, lladdr: string) => ({
    dst,
    dev: 'eth0',
    lladdr,
    refcnt: 1,
    used: 20,
    confirmed: 1,
    updated: 20,
    probes: 1,
    state: ['REACHABLE'],
  });
  return [
    row(gatewayOf(node), swarm.chance.mac(`gateway ${rackOf(node)}`)),
    ...remoteNodes(layout)
      .filter((remote) => rackOf(remote) === rackOf(node))
      .map((remote) => row(remote.address, swarm.chance.mac(`uplink ${remote.name}`))),
  ];
}

function hostRows(layout: Layout): Raw[] {
  const group = (ifname: string) =>
    ['33:33:00:00:00:01', '01:00:5e:00:00:01'].map((mac) => ({
      mac,
      ifname,
      flags: ['self'],
      state: 'permanent',
    }));
  return [
    ...['eth0', 'docker0', 'docker_gwbridge'].flatMap(group),
    ...plugsOf(layout).flatMap(({gateway}) => {
      if (!gateway) return [];
      const row = (mac: string, seconds: number, state: string) => ({
        mac,
        ifname: gateway.name,
        used: seconds,
        updated: seconds,
        flags: [],
        master: 'docker_gwbridge',
        state,
      });
      return [row(gateway.mac, 40, ''), row(gateway.outerMac, 3600, 'permanent'), ...group(gateway.name)];
    }),
  ];
}
