/** Faults against what the specification of Swarm networking says of rules, addresses and names, for `doctor`. */
import {type ContainerAnswer, sandboxFile} from '../faults.js';
import {image} from '../image.js';
import type {Lab} from '../lab.js';
import {endOf, taskOn} from '../trace-ends.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, onHost, unfixed} from './fault.js';
import {guestService, siteRuns} from './guests.js';

/** The match of a VNI, as the engine writes it. */
const ofVni = (vni: number) => `-m u32 --u32 '0>>22&0x3C@12&0xFFFFFF00=${vni << 8}'`;
const dropClear = (vni: number) =>
  `INPUT -p udp --dport 4789 ${ofVni(vni)} -m policy --dir in --pol none -j DROP`;

/** A rule in the namespace of the task of site, which publishes a port; undone where it is still there. */
function siteFault(
  code: string,
  about: string,
  [make, mend]: [(ip: string) => string, (ip: string) => string],
) {
  return fault(code, about, async (lab) => {
    const node = lab.node('node2');
    const site = await taskOn(node, 'site');
    const {NetworkSettings: settings} = await node.ask<ContainerAnswer>(`/containers/${site}/json`);
    const ip = settings.Networks['ingress']?.IPAddress;
    if (!ip) throw new Error(`${site} is not on ingress`);
    const file = settings.SandboxKey.split('/').at(-1) ?? '';
    const inside = (text: string) => node.inNetns(file, ['sh', '-ec', text]);
    await inside(make(ip));
    return async () => {
      await node.inNetns(file, ['sh', '-c', `${mend(ip)} || true`], {reject: false});
      await siteRuns(lab);
    };
  });
}

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
  onHost('gwbridge-open', 'the policy of FORWARD on node1 set to ACCEPT', () => [
    'iptables -P FORWARD ACCEPT',
    'iptables -P FORWARD DROP',
  ]),
  onHost(
    'gwbridge-open',
    'a rule on node2 accepts all that comes from its uplink for docker_gwbridge',
    () => [
      'iptables -A FORWARD -i eth0 -o docker_gwbridge -j ACCEPT',
      'iptables -D FORWARD -i eth0 -o docker_gwbridge -j ACCEPT',
    ],
    'node2',
  ),
  siteFault(
    'ingress-isolation-off',
    'the rule that closes the ingress address of the task of site for TCP deleted',
    [
      (ip) => `iptables -D INPUT -d ${ip} -p tcp -j DROP`,
      (ip) => `iptables -A INPUT -d ${ip} -p tcp -j DROP`,
    ],
  ),
  siteFault(
    'ingress-isolation-off',
    'a rule in the task of site accepts all before the rules that close its ingress address',
    [() => 'iptables -I INPUT -j ACCEPT', () => 'iptables -D INPUT -j ACCEPT'],
  ),
  unfixed(
    {because: 'which of the two gets another port is for their owners to say'},
    fault(
      'ingress-port-taken',
      'a container on node1 has a port which a service on node2 publishes',
      async (lab) => {
        const node = lab.node('node1');
        await node.docker(['run', '-d', '--name', 'taker', '-p', '9393:80', image, '/bin/sleep', '1000000']);
        const network = ['--network', 'uber-net', '--constraint', 'node.hostname==node2'];
        const remove = await guestService(lab, 'late', ...network, '--publish', '9393:80');
        await until({what: 'the task of late'}, () => taskOn(lab.node('node2'), 'late'));
        return async () => {
          await remove();
          await node.docker(['rm', '-f', 'taker']);
        };
      },
    ),
  ),
];
