/** Faults of the host's settings, of the engine's rules, of encryption, clocks and certificates, for `doctor`. */
import {expired} from '../../support/certificates.js';
import type {Lab, LabNode} from '../lab.js';
import {endOf} from '../trace-ends.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {type DoctorFault, fault, traceFault, unfixed} from './fault.js';
import {standIn} from './stand-in.js';
import type {OwnFault} from './underlay.js';

type NodeName = 'node1' | 'node2';

const shell = (node: LabNode, text: string) => node.run(['sh', '-ec', text]);

/** A shell text on a node, undone by another. */
function hostFault(
  code: string,
  about: string,
  [make, mend]: [string, string],
  name: NodeName = 'node1',
): DoctorFault {
  return fault(code, about, async (lab) => {
    await shell(lab.node(name), make);
    return () => shell(lab.node(name), mend);
  });
}

/** The rules of a node are changed, and loaded again as they were, counters and all. */
function rulesFault(code: string, about: string, change: string, name: NodeName = 'node1'): DoctorFault {
  return fault(code, about, async (lab) => {
    const node = lab.node(name);
    const {stdout} = await node.run(['iptables-save', '-c']);
    await shell(node, change);
    return () => node.run(['iptables-restore', '-c'], {input: `${stdout}\n`});
  });
}

/** A rule of one table is left out. */
const withoutRule = (table: string, word: string) =>
  `iptables-save -t ${table} | grep -v -e '${word}' | iptables-restore`;

/** Another text stands in a file's place for as long as the fault is in: the node has mounts of its own. */
function fileFault(code: string, about: string, file: string, text: string): DoctorFault {
  return fault(code, about, async (lab) => {
    const node = lab.node('node1');
    const instead = `/run/ovdiag-instead-${code}`;
    await node.run(['sh', '-ec', `cat >${instead}; chmod 755 ${instead}; mount --bind ${instead} ${file}`], {
      input: text,
    });
    return () => shell(node, `umount ${file}; rm ${instead}; rm -f /run/ovdiag-offload`);
  });
}

/** A second way from node1 to node2, while node2's packets still come by the first. */
const secondUplink = fault(
  'rp-filter-strict',
  'a route to node2 by a second uplink, and strict source checks on the first',
  async (lab) => {
    const [node1, node2] = [lab.node('node1'), lab.node('node2')];
    const pid = String(node1.dockerd.pid);
    await lab.router.run(['ip', 'link', 'add', 'alt0', 'type', 'veth', 'peer', 'name', 'alt0', 'netns', pid]);
    await lab.router.run(['sh', '-ec', 'ip addr add 172.31.9.1/24 dev alt0; ip link set alt0 up']);
    await shell(
      node1,
      `ip addr add 172.31.9.5/24 dev alt0; ip link set alt0 up; ip route add ${node2.address} via 172.31.9.1 dev alt0 src ${node1.address}; sysctl -qw net.ipv4.conf.eth0.rp_filter=1`,
    );
    return async () => {
      await shell(node1, 'sysctl -qw net.ipv4.conf.eth0.rp_filter=0; ip link del alt0');
      await meetAgain(await endsOf(lab, 'web'));
    };
  },
);

/** Inside web1: the nat rules by which its questions reach the engine. */
function namesFault(code: string, about: string, change: string): DoctorFault {
  return fault(code, about, async (lab) => {
    const end = await endOf(lab.node('node1'), 'web1', 'uber-net');
    const saved = await end.inside('iptables-save -c -t nat');
    await end.inside(change);
    return () => end.inside(`iptables-restore -c <<'RULES'\n${saved}\nRULES`);
  });
}

const late = '/run/ovdiag-late';

/** Half an hour late, until the time service is started anew. */
const halfAnHourLate = `#!/bin/sh
case $1 in
  +%s) echo $(($(busybox date +%s) - $(cat ${late}))) ;;
  *) exec busybox date "$@" ;;
esac
`;
const timeService = `#!/bin/sh
case "$*" in
  'set-ntp true') echo 0 >${late} ;;
  'set-ntp false') ;;
  *) exit 1 ;;
esac
`;

const wrongClock = fault(
  'clock-skew',
  '`date` on node1 answers half an hour late, until `timedatectl set-ntp true`',
  async (lab) => {
    const node = lab.node('node1');
    await shell(node, `echo 1800 >${late}`);
    const back = await standIn(node, {date: halfAnHourLate, timedatectl: timeService});
    return async () => {
      await back();
      await shell(node, `rm ${late}`);
    };
  },
);

/** What a card of VMware's prints; it keeps what is set. */
const vmxnet3 = `#!/bin/sh
state=/run/ovdiag-offload
case $1 in
  -K) echo "$4" >$state ;;
  -i) echo 'driver: vmxnet3' ;;
  -k) printf 'Features for %s:\\ntx-checksumming: on\\n\\ttx-checksum-ip-generic: %s\\n' "$2" "$(cat $state 2>/dev/null || echo on)" ;;
esac
`;

const nodeCertificate = '/var/lib/docker/swarm/certificates/swarm-node.crt';

/** Docker's policy to the other node is taken away, and made again from what it was. */
const noPolicy = fault(
  'cleartext-risk',
  "node1's IPsec policy to node2 deleted: `ip xfrm policy flush`",
  async (lab: Lab) => {
    const node = lab.node('node1');
    const {stdout} = await node.run(['ip', 'xfrm', 'policy', 'list']);
    const selector = /^(src \S+ dst \S+ proto udp dport \d+)/m.exec(stdout)?.[1];
    const template = /tmpl (src \S+ dst \S+)\s+proto esp spi (0x[0-9a-f]+) reqid (\d+)/.exec(stdout);
    if (selector === undefined || !template) throw new Error(`no policy of Docker's: ${stdout}`);
    await node.run(['ip', 'xfrm', 'policy', 'flush']);
    const [, ends, spi, reqid] = template;
    return () =>
      shell(
        node,
        `ip xfrm policy add ${selector} dir out mark 0xd0c4e3 mask 0xffffffff tmpl ${ends} proto esp spi ${spi} reqid ${reqid} mode transport`,
      );
  },
);

const flushedForward = rulesFault(
  'docker-rules-missing',
  'the FORWARD rules of node1 flushed: `iptables -F FORWARD`',
  'iptables -F FORWARD',
);
const flushedNat = rulesFault(
  'docker-rules-missing',
  'the nat rules of node1 flushed: `iptables -t nat -F`',
  'iptables -t nat -F',
);
const legacyToo = hostFault(
  'docker-rules-two-backends',
  "a chain of Docker's in node1's legacy iptables as well",
  [
    'iptables-legacy -N DOCKER; iptables-legacy -A FORWARD -j DOCKER; iptables-legacy -A DOCKER -o docker0 -j ACCEPT',
    'iptables-legacy -F FORWARD; iptables-legacy -F DOCKER; iptables-legacy -X DOCKER',
  ],
);
const noNames = namesFault('dns-rules-missing', 'the nat rules inside web1 flushed', 'iptables -t nat -F');
const deafNames = namesFault(
  'dns-listener-missing',
  'the nat rules inside web1 lead to ports at which no process listens',
  "iptables-save -t nat | sed 's/127.0.0.11:[0-9]*/127.0.0.11:9/' | iptables-restore",
);
const unmarked = rulesFault(
  'encryption-mark-missing',
  'the rule of node1 that marks packets of secret-net deleted',
  withoutRule('mangle', '0xd0c4e3'),
);
const undropped = rulesFault(
  'encryption-drop-missing',
  'the rule of node2 that drops unencrypted packets of secret-net deleted',
  withoutRule('filter', '--pol none'),
  'node2',
);
const espDropped = hostFault(
  'esp-filtered-in',
  'iptables of node2 drop ESP on the way in',
  ['iptables -I INPUT -p esp -j DROP', 'iptables -D INPUT -p esp -j DROP'],
  'node2',
);

const seenOn = (name: NodeName, one: DoctorFault): OwnFault => ({...one, hosts: [name]});

/** Those of which fixtures/recorded/doctor/ has a recording, with the host that shows them. */
export const recordedEngineFaults: readonly OwnFault[] = [
  seenOn('node1', secondUplink),
  seenOn('node1', flushedForward),
  seenOn('node1', flushedNat),
  seenOn('node1', legacyToo),
  seenOn('node1', noNames),
  seenOn('node1', deafNames),
  seenOn('node1', unmarked),
  seenOn('node2', undropped),
  seenOn('node1', noPolicy),
  seenOn('node2', espDropped),
];

/** Without that of the source checks: it cuts gossip as well, which takes a minute to heal. */
export const engineFaults: readonly DoctorFault[] = [
  hostFault('ip-forward-off', 'ip_forward of node1 set to 0', [
    'sysctl -qw net.ipv4.ip_forward=0',
    'sysctl -qw net.ipv4.ip_forward=1',
  ]),
  traceFault('ip-forward-off', 'ip-forward-off'),
  hostFault('bridge-netfilter-off', 'bridge-nf-call-iptables of node1 set to 0', [
    'sysctl -qw net.bridge.bridge-nf-call-iptables=0',
    'sysctl -qw net.bridge.bridge-nf-call-iptables=1',
  ]),
  ...recordedEngineFaults.filter(({code}) => code !== 'rp-filter-strict'),
  hostFault('esp-filtered-out', 'iptables of node1 reject ESP on the way out', [
    'iptables -I OUTPUT -p esp -j REJECT',
    'iptables -D OUTPUT -p esp -j REJECT',
  ]),
  unfixed(
    {because: 'a node with an expired certificate must rejoin, with a token that only a manager has'},
    fileFault(
      'certificate-expired',
      "an expired certificate in the place of node1's",
      nodeCertificate,
      expired,
    ),
  ),
  wrongClock,
  fileFault(
    'nic-offload',
    '`ethtool` on node1 answers for vmxnet3, with offload on',
    '/usr/sbin/ethtool',
    vmxnet3,
  ),
];
