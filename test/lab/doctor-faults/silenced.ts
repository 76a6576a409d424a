/** What silences a container or a link while every entry and every device is right, for `doctor`. */
import type {Lab} from '../lab.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {type DoctorFault, fault} from './fault.js';

type Ends = Awaited<ReturnType<typeof endsOf>>;

/** A shell text made of the two ends, run at a place of theirs, and what undoes it. */
function silenced(
  code: string,
  about: string,
  at: (ends: Ends, lab: Lab) => (text: string) => Promise<unknown>,
  texts: (ends: Ends) => [make: string, undo: string],
): DoctorFault {
  return fault(code, about, async (lab) => {
    const ends = await endsOf(lab, 'web');
    const run = at(ends, lab);
    const [make, undo] = texts(ends);
    await run(make);
    return async () => {
      await run(`${undo} || true`);
      await meetAgain(await endsOf(lab, 'web'));
    };
  });
}

const onNode = (name: 'node1' | 'node2') => (_: Ends, lab: Lab) => (text: string) =>
  lab.node(name).run(['sh', '-ec', text]);

/** A filter that sends frames to the loopback: this kernel has no action that drops. */
const taken = (place: string, dev: string, direction: string, match: string): [string, string] => [
  `tc qdisc add dev ${dev} ${place}; tc filter add dev ${dev} ${direction} protocol ip prio 1 u32 ${match} action mirred egress redirect dev lo`,
  `tc qdisc del dev ${dev} ${place}`,
];
const everything = 'match u32 0 0';
const tunnels = 'match ip protocol 17 0xff match ip dport 4789 0xffff';

/** The sysctl of arp_ignore in a namespace. */
const arpIgnore: [string, string] = [
  'echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore',
  'echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore',
];

export const faultsOfSilence: readonly DoctorFault[] = [
  silenced('container-paused', 'web2 paused', onNode('node2'), () => [
    'docker pause web2',
    'docker unpause web2',
  ]),
  silenced(
    'container-arp-off',
    'arp_ignore 8 in web1',
    ({one}) => one.inside,
    () => arpIgnore,
  ),
  silenced('uplink-arp-off', 'arp_ignore 8 on node1', onNode('node1'), () => arpIgnore),
  silenced(
    'tc-filtered',
    'a filter of tc takes what the tunnel of uber-net on node1 sends',
    ({one}) => one.sandbox,
    ({one}) => taken('clsact', one.vxlan, 'egress', everything),
  ),
  silenced(
    'tc-filtered',
    'a filter of tc takes what web1 sends, at its port',
    ({one}) => one.sandbox,
    ({one}) => taken('ingress', one.port, 'ingress', everything),
  ),
  silenced('tc-filtered', 'a filter of tc takes UDP 4789 at the uplink of node2', onNode('node2'), () =>
    taken('clsact', 'eth0', 'ingress', tunnels),
  ),
  silenced(
    'bridge-filtered',
    'a chain of the bridge family in the sandbox of uber-net on node2 drops all IPv4 frames',
    ({two}) => two.sandbox,
    () => [
      "nft add table bridge guard; nft add chain bridge guard door '{ type filter hook forward priority 0; }'; nft add rule bridge guard door ether type ip drop",
      'nft delete table bridge guard',
    ],
  ),
];
