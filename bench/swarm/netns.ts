/** The sandboxes of one host: overlays, containers and load balancers. */
import type {Section} from '../../src/snapshot/snapshot.js';
import type {Raw} from '../../test/support/evidence.js';
import {balancerRules, iptablesSave, nftRuleset, resolverRules} from './filters.js';
import {gwbridgeSubnet, type Layout, type Overlay, type Plug} from './layout.js';
import type {Endpoint} from './plan.js';
import {procText, resolverAddress, type Socket} from './proc.js';
import {type Clock, netnsSections, routeRows} from './sections.js';
import {broadcastOf, linkRow, vxlanRow} from './templates.js';

const overlayPrefix = 16;
/** Seconds since the engine made its rows. */
const age = 3600;
/** How many endpoints behind each tunnel did speak lately. */
const talkers = 5;

export const dataPathPort = 4789;

export function overlaySections(clock: Clock, layout: Layout, overlay: Overlay, nsids: string): Section[] {
  const {network} = overlay;
  const {chance} = layout.swarm;
  const remotes = network.endpoints.filter(({node}) => node !== layout.node);
  const gateway = `${network.prefix}.0.1`;
  const interfaces = ['lo', 'br0', 'vxlan0', ...overlay.plugs.map(({veth}) => veth.name)];
  return netnsSections(clock, overlay.file, {
    addr: overlayLinks(overlay, gateway),
    route: routeRows([], [ownAddress(gateway, 'br0', `${network.prefix}.0.0/16`)]),
    neigh: remotes.map(({ip, mac}) => ({
      dst: ip,
      dev: 'vxlan0',
      lladdr: mac,
      used: age,
      confirmed: age,
      updated: age,
      probes: 0,
      state: ['PERMANENT'],
    })),
    fdb: overlayRows(overlay, remotes),
    nsid: nsids,
    proc: procText(chance, {
      kind: 'sandbox',
      interfaces,
      sockets: [],
      connections: 0,
      label: `${layout.node.name} ${overlay.file}`,
    }),
    save: '',
    ruleset: nftRuleset([]),
  });
}

function overlayLinks({vxlanIndex, vxlanMac, network, plugs}: Overlay, gateway: string): Raw[] {
  return [
    linkRow('loopback', {index: 1, name: 'lo'}),
    linkRow('overlayBridge', {
      index: 2,
      name: 'br0',
      mac: vxlanMac,
      addresses: [{address: gateway, prefixLength: overlayPrefix}],
    }),
    vxlanRow(
      {
        index: vxlanIndex,
        name: 'vxlan0',
        mac: vxlanMac,
        master: 'br0',
        peer: {index: vxlanIndex, nsid: 0},
      },
      network.vni,
      dataPathPort,
    ),
    ...plugs.map(({veth}) =>
      linkRow('overlayPort', {
        index: veth.outer,
        name: veth.name,
        mac: veth.outerMac,
        master: 'br0',
        peer: {index: veth.inner, nsid: veth.nsid},
      }),
    ),
  ];
}

/** The bridge's rows and the tunnel's, device by device, as `bridge fdb show` walks them. */
function overlayRows({vxlanMac, plugs}: Overlay, remotes: Endpoint[]): Raw[] {
  const group = (ifname: string, macs: string[]) =>
    macs.map((mac) => ({mac, ifname, flags: ['self'], state: 'permanent'}));
  const master = (mac: string, ifname: string, seconds: number, state: string) => ({
    mac,
    ifname,
    used: seconds,
    updated: seconds,
    flags: [],
    master: 'br0',
    state,
  });
  const lately = (at: number) => (at < talkers ? 5 + at : age);
  return [
    ...group('br0', ['33:33:00:00:00:01', '01:00:5e:00:00:6a', '33:33:00:00:00:6a', '01:00:5e:00:00:01']),
    ...remotes.slice(0, talkers).map(({mac}, at) => master(mac, 'vxlan0', lately(at), '')),
    master(vxlanMac, 'vxlan0', age, 'permanent'),
    ...remotes.map(({mac, node}, at) => ({
      mac,
      ifname: 'vxlan0',
      dst: node.address,
      linkNetNsId: 0,
      used: lately(at),
      updated: lately(at),
      flags: ['self'],
      state: 'permanent',
    })),
    ...plugs.flatMap(({endpoint, veth}) => [
      master(endpoint.mac, veth.name, 3, ''),
      master(veth.outerMac, veth.name, age, 'permanent'),
      ...group(veth.name, ['33:33:00:00:00:01', '01:00:5e:00:00:01']),
    ]),
  ];
}

function ownAddress(address: string, dev: string, subnet: string) {
  return {address, prefixLength: overlayPrefix, subnet, broadcast: broadcastOf(address, overlayPrefix), dev};
}

/** A container's sandbox or a load balancer's: one leg on the overlay and, mostly, one on docker_gwbridge. */
export function sandboxSections(clock: Clock, layout: Layout, overlay: Overlay, plug: Plug): Section[] {
  const {network} = overlay;
  const {endpoint, gateway, resolver, veth} = plug;
  const balancer = endpoint.kind === 'balancer';
  const subnet = `${network.prefix}.0.0/16`;
  const vips = balancer
    ? network.services.map(({id, vip}) => ({address: vip, mark: overlay.marks.get(id) ?? 0}))
    : [];
  const dns = resolverRules(resolver.tcp, resolver.udp);
  const tables = balancer ? balancerRules(dns, vips, {subnet, address: endpoint.ip}) : [dns];
  const label = `${layout.node.name} ${plug.file}`;
  const sockets: Socket[] = [
    {file: 'udp', address: resolverAddress, port: resolver.udp},
    {file: 'tcp', address: resolverAddress, port: resolver.tcp},
  ];
  const neighbour = network.endpoints.find((one) => one !== endpoint && one.kind !== 'balancer');
  return netnsSections(clock, plug.file, {
    addr: [
      linkRow('loopback', {index: 1, name: 'lo'}),
      linkRow('leg', {
        index: veth.inner,
        name: 'eth0',
        mac: endpoint.mac,
        peer: {index: veth.outer, nsid: 0},
        addresses: [
          {address: endpoint.ip, prefixLength: overlayPrefix},
          ...vips.map(({address}) => ({address, prefixLength: 32, label: 'eth0'})),
        ],
      }),
      ...(gateway
        ? [
            linkRow('leg', {
              index: gateway.inner,
              name: 'eth1',
              mac: gateway.mac,
              mtu: 1500,
              peer: {index: gateway.outer, nsid: 1},
              addresses: [{address: gateway.address, prefixLength: 16}],
            }),
          ]
        : []),
    ],
    route: routeRows(
      gateway
        ? [
            {
              type: 'unicast',
              dst: 'default',
              gateway: '172.18.0.1',
              dev: 'eth1',
              table: 'main',
              protocol: 'boot',
              scope: 'global',
              flags: [],
            },
          ]
        : [],
      [
        ownAddress(endpoint.ip, 'eth0', subnet),
        ...(gateway ? [ownAddress(gateway.address, 'eth1', gwbridgeSubnet)] : []),
      ],
    ).concat(vips.map(({address}) => localRoute(address, endpoint.ip))),
    neigh:
      balancer || !neighbour
        ? []
        : [
            {
              dst: neighbour.ip,
              dev: 'eth0',
              lladdr: neighbour.mac,
              refcnt: 1,
              used: 6,
              confirmed: 6,
              updated: 6,
              probes: 4,
              state: ['REACHABLE'],
            },
          ],
    proc: procText(layout.swarm.chance, {
      kind: 'sandbox',
      interfaces: ['lo', 'eth0', ...(gateway ? ['eth1'] : [])],
      sockets,
      ipvs: balancer ? ipvsRows(overlay) : [],
      balancer,
      connections: balancer ? 0 : 3,
      label,
    }),
    save: iptablesSave(tables, 'Tue Dec  1 00:00:00 2026'),
    ruleset: nftRuleset(tables),
  });
}

function localRoute(dst: string, prefsrc: string): Raw {
  return {
    type: 'local',
    dst,
    dev: 'eth0',
    table: 'local',
    protocol: 'kernel',
    scope: 'host',
    prefsrc,
    flags: [],
  };
}

/** A service of IPVS by its mark, with each of the service's tasks behind it, wherever they run. */
function ipvsRows({network, marks}: Overlay): string[] {
  return network.services.flatMap(({id, tasks}) => [
    `FWM  ${(marks.get(id) ?? 0).toString(16).padStart(8, '0').toUpperCase()} rr `,
    ...tasks.map(({ip}) => {
      const hex = ip
        .split('.')
        .map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase())
        .join('');
      return `  -> ${hex}:0000      Masq    1      0          0         `;
    }),
  ]);
}
