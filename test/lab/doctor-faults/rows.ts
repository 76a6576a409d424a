/** Faults of rows, links and namespaces, for `doctor`. */
import {setTimeout as sleep} from 'node:timers/promises';
import {ceilings} from '../../../src/findings/converging.js';
import {type Break, faults, mendPlace, placeRows, sandboxFile, webPlace} from '../faults.js';
import type {Lab, LabNode} from '../lab.js';
import {type End, endOf, rowsOf} from '../trace-ends.js';
import {rebuild} from '../trace-faults.js';
import {endsOf, meet} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, onRouter, pings, traceFault, unfixed} from './fault.js';
import {guest, guestWithMac, hears, sandboxOf, spareNetwork} from './guests.js';

const directory = '/var/run/docker/netns';

/** Rows of node1's sandbox of uber-net are changed; whatever was done to them is undone. */
function rowFault(code: string, about: string, make: Break): DoctorFault {
  return fault(code, about, async (lab) => {
    const place = await webPlace(lab);
    const before = await placeRows(place);
    await make(place, lab);
    return () => mendPlace(place, before);
  });
}

/** Removes a link, which the fix may have removed already. */
const goneLink = (node: LabNode, name: string) =>
  node.run(['sh', '-ec', 'if ip link show "$1" >/dev/null 2>&1; then ip link del "$1"; fi', 'sh', name]);

/** A namespace kept under a name in the engine's directory. */
async function mountedNamespace(node: LabNode, file: string): Promise<() => Promise<unknown>> {
  const path = `${directory}/${file}`;
  await node.run(['sh', '-ec', `touch ${path}; unshare --net=${path} true`]);
  return () => node.run(['sh', '-ec', `umount ${path}; rm ${path}`]);
}

/** The MAC of a silent container put behind another port of the bridge; whoever speaks is learned again at once. */
function astray(code: string, where: string, portOf: (end: End) => string | Promise<string>): DoctorFault {
  return fault(
    code,
    `the MAC of a silent container on node1 put behind ${where} in its bridge`,
    async (lab) => {
      const remove = await guest(node1(lab), 'silent');
      const end = await endOf(node1(lab), 'silent', 'uber-net');
      await end.sandbox(`bridge fdb replace ${end.mac} dev ${await portOf(end)} master dynamic`);
      return remove;
    },
  );
}

const node1 = (lab: Lab) => lab.node('node1');

const rowFaults: DoctorFault[] = [
  rowFault('fdb-row-missing', 'the FDB entry of web2 deleted on node1', faults['fdb-row-missing']),
  rowFault(
    'fdb-learned-only',
    'the FDB entry of web2 deleted on node1, and learned again from a frame',
    faults['fdb-learned-only'],
  ),
  rowFault(
    'fdb-wrong-vtep',
    'the FDB entry of web2 on node1 points to 192.168.1.77, which no host has',
    faults['fdb-wrong-vtep'],
  ),
  rowFault('fdb-stale', 'rows on node1 for addresses that no endpoint has', faults.stale),
  rowFault('neighbour-missing', 'the neighbour entry of web2 deleted on node1', faults['neighbour-missing']),
  traceFault('neighbour-wrong-mac', 'neighbour-wrong-mac'),
  rowFault(
    'fdb-points-home',
    "the FDB entry of web2 on node1 points to node1's own VTEP",
    ({node, netns, mac, device}) =>
      node.inNetns(netns, [
        ...`bridge fdb replace ${mac} dev ${device} dst ${node.address} self permanent`.split(' '),
      ]),
  ),
  rowFault(
    'fdb-local-as-remote',
    'a remote row on node1 for its own web1',
    async ({node, netns, device, vtep}) => {
      const {ip, mac} = await endOf(node, 'web1', 'uber-net');
      await node.inNetns(netns, [
        'sh',
        '-ec',
        `bridge fdb add ${mac} dev ${device} dst ${vtep} self permanent; ip neigh add ${ip} lladdr ${mac} dev ${device} nud permanent`,
      ]);
    },
  ),
  rowFault('gossip-kernel-differs', 'every row of node2 deleted on node1', async (place) => {
    const {node, netns, device} = place;
    const {fdb, neighbours} = await placeRows(place);
    const text = [
      ...[...fdb].map((row) => `bridge fdb del ${row.split(' ')[0]} dev ${device} self`),
      ...[...neighbours].map((row) => `ip neigh del ${row.split(' ')[0]} dev ${device}`),
    ].join('\n');
    await node.inNetns(netns, ['sh', '-ec', text]);
  }),
  {
    ...fault(
      'silent-drop-observed',
      'the router gives what goes to node2 its own source address, while web1 sends',
      async (lab) => {
        const {one, two, router} = await endsOf(lab, 'web');
        const rule = `POSTROUTING -d ${two.node.address} -p udp --dport 4789 -j MASQUERADE`;
        await meet({one, two, router});
        await router(`iptables -t nat -I ${rule}`);
        // Else web2 asks for web1 once more, 5 s after it last spoke to it, and the tunnel's answer renews the bridge's row.
        await two.inside('ip neigh flush all');
        // The bridge's row must be older than the first reading.
        await sleep(3000);
        return () => router(`iptables -t nat -D ${rule}`);
      },
    ),
    traffic: pings,
    unfixed: onRouter,
  },
];

const linkFaults: DoctorFault[] = [
  traceFault('veth-not-in-bridge', 'veth-unplugged-sender'),
  traceFault('veth-down', 'veth-down-receiver'),
  traceFault('bridge-down', 'bridge-down-sender'),
  traceFault('vxlan-down', 'vxlan-down-receiver'),
  traceFault('vxlan-not-in-bridge', 'vxlan-unplugged-sender'),
  traceFault('vxlan-missing', 'vni-missing'),
  traceFault('container-link-down', 'container-link-down-receiver'),
  traceFault('container-address-missing', 'address-gone-sender'),
  traceFault('container-mac-changed', 'mac-changed-receiver'),
  traceFault('bridge-takes-mac', 'bridge-takes-mac'),
  astray('local-mac-on-vxlan', 'the vxlan device', ({vxlan}) => vxlan),
  astray(
    'mac-behind-other-port',
    "web1's port",
    async ({node}) => (await endOf(node, 'web1', 'uber-net')).port,
  ),
  fault('endpoint-without-interface', "the interface of a container's own deleted inside it", async (lab) => {
    const remove = await guest(node1(lab), 'without');
    const {inside, link} = await endOf(node1(lab), 'without', 'uber-net');
    await inside(`ip link del ${link}`);
    return remove;
  }),
  fault(
    'interface-without-endpoint',
    'a veth pair between the sandbox of node1 and a container that is not on the network',
    async (lab) => {
      const node = node1(lab);
      const [file, {pid}] = await Promise.all([sandboxFile(node, 'uber-net'), sandboxOf(node, 'on-none')]);
      await node.inNetns(file, [
        'sh',
        '-ec',
        `ip link add vethguest type veth peer name guest0; ip link set vethguest master br0 up; ip link set guest0 netns ${pid}`,
      ]);
      return () => node.inNetns(file, ['ip', 'link', 'del', 'vethguest']);
    },
  ),
  fault('duplicate-address', "web1's interface given web2's address as well", async (lab) => {
    const [one, two] = await Promise.all([
      endOf(node1(lab), 'web1', 'uber-net'),
      endOf(lab.node('node2'), 'web2', 'uber-net'),
    ]);
    await one.inside(`ip addr add ${two.ip}/32 dev ${one.link}`);
    return () => one.inside(`ip addr del ${two.ip}/32 dev ${one.link}`);
  }),
  unfixed(
    {because: 'the engine keeps the MAC that a container was given: its owner must recreate it'},
    fault('duplicate-mac', 'a container with the same --mac-address on each node', async (lab) => {
      const remove = await Promise.all(
        lab.nodes.map((node) => guestWithMac(node, `same-mac-${node.name}`, '02:de:ad:be:ef:01')),
      );
      return () => Promise.all(remove.map((one) => one()));
    }),
  ),
];

const namespaceFaults: DoctorFault[] = [
  fault('vni-missing', 'the tunnel of quiet-net on node2 has another VNI', async (lab) => {
    const end = await endOf(lab.node('node2'), 'quiet2', 'quiet-net');
    const rows = await rowsOf(end);
    await rebuild(end, 4789, 70_000);
    return async () => {
      await rebuild(end, 4789);
      await end.sandbox(rows.join('\n'));
    };
  }),
  fault(
    'vni-held-twice',
    'a vxlan device on node1 with the VNI of a network that is not there yet',
    async (lab) => {
      const node = node1(lab);
      const {vni, remove} = await spareNetwork(node);
      await node.run(['ip', 'link', 'add', 'foreign0', 'type', 'vxlan', 'id', vni, 'dstport', '4789']);
      return async () => {
        await goneLink(node, 'foreign0');
        await remove();
      };
    },
  ),
  fault('vxlan-device-leftover', "a vxlan device with Docker's temporary name on node1", async (lab) => {
    const node = node1(lab);
    const {vni, id, remove} = await spareNetwork(node);
    const name = `vx-${Number(vni).toString(16).padStart(6, '0')}-${id.slice(0, 5)}`;
    await node.run([
      'ip',
      'link',
      'add',
      name,
      'type',
      'vxlan',
      'id',
      vni,
      'dstport',
      '4789',
      'proxy',
      'l2miss',
      'l3miss',
    ]);
    return async () => {
      await goneLink(node, name);
      await remove();
    };
  }),
  fault('namespace-orphan', 'a namespace of a network that the engine does not have', (lab) =>
    mountedNamespace(node1(lab), '1-zzzzzzzzzz'),
  ),
  fault('network-two-epochs', 'a second sandbox of quiet-net on node1', async (lab) => {
    const file = await sandboxFile(node1(lab), 'quiet-net');
    return mountedNamespace(node1(lab), file.replace(/^\d+-/, '2-'));
  }),
  fault('namespace-dead', 'the namespace of a running container on node1 unmounted', async (lab) => {
    const node = node1(lab);
    const remove = await guest(node, 'unmounted');
    const {pid, key} = await sandboxOf(node, 'unmounted');
    await node.run(['umount', `${directory}/${key}`]);
    const file = `${directory}/${key}`;
    return async () => {
      // Mounted a second time by its fix and by this, it would stay.
      await node.run([
        'sh',
        '-ec',
        `[ "$(stat -f -c %T ${file})" = nsfs ] || [ ! -e /proc/${pid} ] || mount --bind /proc/${pid}/ns/net ${file}`,
      ]);
      await remove();
    };
  }),
];

export const faultsOfRows: readonly DoctorFault[] = [...rowFaults, ...linkFaults, ...namespaceFaults];

/** Comes last, as it waits until web2 is older than gossip may take to list it: before, the finding is `converging`. */
export const forgottenGossip = unfixed(
  onRouter,
  fault('gossip-differs', 'the router drops gossip (7946) until node1 has forgotten web2', async (lab) => {
    const {two, router} = await endsOf(lab, 'web');
    const rules = ['tcp', 'udp'].map((protocol) => `FORWARD -p ${protocol} --dport 7946 -j DROP`);
    const heard = () => hears(node1(lab), two.ip);
    await until({what: 'web2 to be no news any more'}, async () => {
      const {stdout} = await two.node.docker(['inspect', '--format', '{{.State.StartedAt}}', 'web2']);
      return Date.now() - Date.parse(stdout.trim()) > ceilings.reassignment * 1000 || undefined;
    });
    await router(rules.map((rule) => `iptables -I ${rule}`).join('\n'));
    await until({what: 'node1 to forget web2'}, async () => ((await heard()) ? undefined : true));
    return async () => {
      await router(rules.map((rule) => `iptables -D ${rule}`).join('\n'));
      await until({what: 'node1 to hear of web2 again'}, async () => (await heard()) || undefined);
    };
  }),
);
