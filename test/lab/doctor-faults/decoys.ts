/** What looks wrong and is not: `doctor` must say nothing of it. */
import type {Lab} from '../lab.js';
import {endsOf} from '../trace-run.js';
import {guest, spareNetwork} from './guests.js';

export interface Decoy {
  readonly about: string;
  /** Gives what undoes it. */
  make(lab: Lab): Promise<() => Promise<unknown>>;
}

/** A shell text on node1, and one that undoes it. */
const onNode1 = (about: string, make: string, undo: string): Decoy => ({
  about,
  make: async (lab) => {
    await lab.node('node1').run(['sh', '-ec', make]);
    return () => lab.node('node1').run(['sh', '-ec', undo]);
  },
});

const otherPort = (port: number) => `INPUT -p udp --dport ${port} -j DROP`;

export const decoys: readonly Decoy[] = [
  onNode1(
    "somebody else's vxlan device with a VNI of no network of the swarm",
    'ip link add lab-vx type vxlan id 77 dstport 8472 remote 192.168.1.5; ip link set lab-vx up',
    'ip link del lab-vx',
  ),
  onNode1(
    'a second address on the uplink',
    'ip addr add 172.31.1.77/24 dev eth0',
    'ip addr del 172.31.1.77/24 dev eth0',
  ),
  onNode1(
    'a bridge of somebody else, with an address and a port',
    'ip link add lab-br type bridge; ip addr add 10.88.0.1/24 dev lab-br; ip link add lab-tap type veth peer name lab-tap1; ip link set lab-tap master lab-br up; ip link set lab-br up',
    'ip link del lab-tap; ip link del lab-br',
  ),
  onNode1(
    'rules that drop UDP 8472 and what comes from a host that is no node',
    `iptables -I ${otherPort(8472)}; iptables -I INPUT -s 203.0.113.7 -j DROP`,
    `iptables -D ${otherPort(8472)}; iptables -D INPUT -s 203.0.113.7 -j DROP`,
  ),
  onNode1(
    'IPsec policies of somebody else between other hosts',
    'ip xfrm policy add src 203.0.113.7 dst 203.0.113.8 dir out action block',
    'ip xfrm policy delete src 203.0.113.7 dst 203.0.113.8 dir out',
  ),
  onNode1(
    'a blackhole route to a network in which no node is',
    'ip route add blackhole 198.51.100.0/24',
    'ip route del blackhole 198.51.100.0/24',
  ),
  {
    about: 'a stopped container on uber-net',
    make: async (lab) => {
      const remove = await guest(lab.node('node1'), 'ended');
      await lab.node('node1').docker(['stop', '-t', '0', 'ended']);
      return remove;
    },
  },
  {
    about: 'a static ARP entry in web1 with the MAC that web2 has',
    make: async (lab) => {
      const {one, two} = await endsOf(lab, 'web');
      await one.inside(`ip neigh replace ${two.ip} lladdr ${two.mac} dev ${one.link} nud permanent`);
      return () => one.inside(`ip neigh del ${two.ip} dev ${one.link}`);
    },
  },
  {
    about: 'a network that nothing uses',
    make: async (lab) => (await spareNetwork(lab.node('node1'))).remove,
  },
];
