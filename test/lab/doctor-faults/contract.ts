/** Faults against what the specification of Swarm networking says of rules, addresses and names, for `doctor`. */
import {sandboxFile} from '../faults.js';
import type {Lab} from '../lab.js';
import {endOf} from '../trace-ends.js';
import {type DoctorFault, fault} from './fault.js';

/** A shell text on a node, and another that undoes it and may find nothing left to undo. */
function onHost(
  code: string,
  about: string,
  make: (lab: Lab) => Promise<[string, string]> | [string, string],
  name: 'node1' | 'node2' = 'node1',
): DoctorFault {
  return fault(code, about, async (lab) => {
    const node = lab.node(name);
    const [text, undo] = await make(lab);
    await node.run(['sh', '-ec', text]);
    return () => node.run(['sh', '-c', `${undo} || true`]);
  });
}

/** The match of a VNI, as the engine writes it. */
const ofVni = (vni: number) => `-m u32 --u32 '0>>22&0x3C@12&0xFFFFFF00=${vni << 8}'`;
const dropClear = (vni: number) =>
  `INPUT -p udp --dport 4789 ${ofVni(vni)} -m policy --dir in --pol none -j DROP`;

const uberVni = async (lab: Lab) => (await endOf(lab.node('node1'), 'web1', 'uber-net')).vni;

/** The address of the load balancer of published ports on docker_gwbridge. */
const ingressAddress = `$(nsenter --net=/var/run/docker/netns/ingress_sbox ip -4 -o addr show | sed -n 's/.* inet \\(172\\.18\\.[0-9.]*\\).*/\\1/p' | head -n 1)`;

export const faultsOfContract: readonly DoctorFault[] = [
  onHost(
    'encryption-rule-leftover',
    'the rule of an encrypted network for the VNI of uber-net',
    async (lab) => {
      const rule = dropClear(await uberVni(lab));
      return [`iptables -I ${rule}`, `iptables -D ${rule}`];
    },
  ),
  onHost('encryption-rule-leftover', 'the mark of an encrypted network for a VNI that no network has', () => {
    const rule = `OUTPUT -p udp --dport 4789 ${ofVni(9000)} -j MARK --set-mark 0xd0c4e3`;
    return [`iptables -t mangle -A ${rule}`, `iptables -t mangle -D ${rule}`];
  }),
  fault(
    'vip-left',
    'an address that no service has in the load balancer of uber-net on node2',
    async (lab) => {
      const node = lab.node('node2');
      const file = `lb_${(await sandboxFile(node, 'uber-net')).replace(/^\d+-/, '').slice(0, 9)}`;
      await node.inNetns(file, ['ip', 'addr', 'add', '10.0.1.250/32', 'dev', 'eth0']);
      return () => node.inNetns(file, ['sh', '-c', 'ip addr del 10.0.1.250/32 dev eth0 || true']);
    },
  ),
  onHost('ingress-port-leftover', 'a rule that sends a port which no service publishes into ingress', () => [
    `iptables -t nat -A PREROUTING -p tcp --dport 9191 -j DNAT --to-destination ${ingressAddress}:9191`,
    `iptables -t nat -D PREROUTING -p tcp --dport 9191 -j DNAT --to-destination ${ingressAddress}:9191`,
  ]),
];
