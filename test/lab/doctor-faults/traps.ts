/** Faults beside which a false cause is near: the true one stands alone, and says what is so. For `doctor`. */
import {mendPlace, placeRows, webPlace} from '../faults.js';
import {endOf, rowsOf, taskOn} from '../trace-ends.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {type DoctorFault, fault, onHost} from './fault.js';
import {pingsOf, sampled} from './sample.js';

const alone = (one: DoctorFault, says?: RegExp): DoctorFault => ({
  ...one,
  alone: true,
  ...(says === undefined ? {} : {says}),
});

const fromNode1 = 'INPUT -s 172.31.1.5/32 -p udp --dport 4789 -j REJECT';
const block = 'src 172.31.1.5/32 dst 192.168.1.5/32 proto udp dport 4789 dir out';

export const traps: readonly DoctorFault[] = [
  alone(
    onHost(
      'data-path-filtered-in',
      'iptables-legacy of node2 reject UDP 4789 of node1 alone, which others may send',
      () => [`iptables-legacy -I ${fromNode1}`, `iptables-legacy -D ${fromNode1}`],
      'node2',
    ),
    /rejects/,
  ),
  alone(
    fault(
      'neighbour-wrong-mac',
      'the neighbour entry of web2 on node1 has the MAC of the task of app on node2, which is sound',
      async (lab) => {
        const node2 = lab.node('node2');
        const [place, task] = await Promise.all([webPlace(lab), taskOn(node2, 'app')]);
        const [before, {mac}] = await Promise.all([placeRows(place), endOf(node2, task, 'uber-net')]);
        const {node, netns, ip, device} = place;
        await node.inNetns(netns, [
          ...['ip', 'neigh', 'replace', ip, 'lladdr', mac, 'dev', device, 'nud', 'permanent'],
        ]);
        return () => mendPlace(place, before);
      },
    ),
  ),
  alone(
    sampled(
      fault(
        'fdb-wrong-vtep',
        'the FDB entry of web2 on node1 points to 192.168.1.77, while web1 sends',
        async (lab) => {
          const place = await webPlace(lab);
          const before = await placeRows(place);
          const {node, netns, mac, device} = place;
          await node.inNetns(netns, [
            ...`bridge fdb replace ${mac} dev ${device} dst 192.168.1.77 self permanent`.split(' '),
          ]);
          return () => mendPlace(place, before);
        },
      ),
      pingsOf('web'),
    ),
  ),
  alone(
    sampled(
      fault(
        'ipsec-policy-foreign',
        'an IPsec policy on node1 blocks UDP 4789 to node2, while web1 sends',
        async (lab) => {
          const {one} = await endsOf(lab, 'web');
          const rows = await rowsOf(one);
          await one.host(`ip xfrm policy add ${block} priority 1 action block`);
          return async () => {
            await one.host(`ip xfrm policy delete ${block} || true`);
            await one.sandbox(rows.join('\n'));
            await meetAgain(await endsOf(lab, 'web'));
          };
        },
      ),
      pingsOf('web'),
    ),
  ),
  alone(
    onHost('data-path-filtered-out', 'iptables of node1 reject UDP 4789 to node2 alone', () => [
      'iptables -I OUTPUT -d 192.168.1.5/32 -p udp --dport 4789 -j REJECT',
      'iptables -D OUTPUT -d 192.168.1.5/32 -p udp --dport 4789 -j REJECT',
    ]),
    /rejects/,
  ),
];
