import type {Explanation} from '../explanation.js';

const restart = {
  command: 'systemctl restart docker',
  affects: 'every container of that host; rules, policies and states are recreated',
};

/** Missing requirements of encrypted overlays (`--opt encrypted`). */
export const encryptionTexts = [
  {
    code: 'xfrm-state-missing',
    title: 'packets of an encrypted overlay are dropped: no IPsec state',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The engine has added an IPsec policy for traffic to another node, and the kernel has no state with the key for it, in one direction or both. Encrypted networks carry no traffic between these nodes, while containers stay up and names resolve. If no state exists at all, they were deleted (ip xfrm state flush, the start of another IPsec program), or the kernel does not support ESP with AES-GCM.',
    behaviour:
      'A packet that matches the policy and finds no state is dropped and counted in XfrmOutNoStates; the vxlan device counts it as TX dropped. A healthy node has three states in and one out for each other node, one policy out, and no policies in or forward.',
    check: [
      {
        command: 'ip xfrm policy; ip -s xfrm state list nokeys',
        shows: 'without nokeys the keys are printed',
      },
      {command: 'cat /proc/net/xfrm_stat'},
    ],
    fix: [
      {
        command: 'docker restart CONTAINER   # one of that network, on that host',
        affects: 'that container: when it joins its network again, an engine before 28 adds the states',
      },
      restart,
      {command: 'modprobe esp4 xfrm_user', affects: 'loads kernel modules, if they exist'},
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (programSA, programSP)',
      'RFC 4303 (ESP), RFC 4106 (AES-GCM in ESP)',
      'https://github.com/moby/moby/issues/43359',
    ],
    explains: ['frames-lost-between', 'one-way-traffic', 'xfrm-errors', 'vxlan-tx-dropped'],
  },
  {
    code: 'xfrm-spi-mismatch',
    title: 'two nodes have different keys for each other',
    severity: 'error',
    needs: 'several hosts',
    meaning:
      'Packets that one node encrypts for another carry a number (SPI) that identifies the key, and the other node has no state with that number. Encrypted networks carry no traffic in that direction. Either one node has missed a key rotation, or their engines compute the number differently.',
    behaviour:
      'The receiver drops ESP packets with an unknown SPI and counts XfrmInNoStates. The number is computed from both addresses and the time of the key. Engines 28.2.2, 29.0.0 to 29.2.0, 25.0.13 and 25.0.14 use the addresses as 4 bytes, all others as 16.',
    check: [
      {command: 'ip -s xfrm state list nokeys   # on both: out of one, into the other'},
      {command: "docker node ls --format '{{.Hostname}} {{.EngineVersion}}'"},
    ],
    fix: [
      {command: 'apt-get install --only-upgrade docker-ce', affects: 'the engine: all nodes to one version'},
      restart,
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (buildSPI)',
      'https://github.com/moby/moby/issues/51798',
    ],
    explains: ['frames-lost-between', 'one-way-traffic', 'xfrm-errors'],
  },
  {
    code: 'encryption-mark-missing',
    title: 'the rule that marks packets of an encrypted overlay is missing',
    severity: 'error',
    needs: 'one host',
    meaning:
      'A rule sets a mark on the packets of an encrypted network, and the IPsec policy matches that mark. The rule is missing on this host, so the packets leave unencrypted. The other nodes drop them, and they can be read on the underlay.',
    behaviour:
      'The rule is in the table mangle, chain OUTPUT, and matches the VNI by u32 (up to 23.0.2), by u32 or bpf (20.10.24, 23.0.3 and later) or by bpf alone (24.0 and later, where the number is not shifted); with the nftables backend of 29.6 it is the chain enc-out of the table docker-overlay.',
    check: [
      {
        command: 'iptables-save -c -t mangle | grep 0xd0c4e3; nft list table ip docker-overlay',
      },
      {
        command: 'tcpdump -ni UPLINK udp port 4789',
        shows: 'packets of that VNI must not be there',
      },
    ],
    fix: [restart],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (programMangle)',
      'https://github.com/moby/moby/issues/43382',
    ],
  },
  {
    code: 'encryption-drop-missing',
    title: 'unencrypted packets of an encrypted overlay are accepted',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'A rule should drop unencrypted packets that arrive for an encrypted network. It is missing, or an earlier rule accepts such packets. No traffic is lost; but any host that can reach the UDP port can send frames into the network, and a node that sends unencrypted by mistake is not noticed.',
    behaviour:
      'The kernel delivers every VXLAN packet of a known VNI to its device, whatever its source. Up to 20.10.23 and 23.0.2 the engine appends the rule, so an earlier ACCEPT matches first.',
    check: [
      {
        command: 'iptables-save -c -t filter | grep -e "--pol none"; nft list table ip docker-overlay',
      },
    ],
    fix: [restart],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (programInput)',
      'CVE-2023-28840, CVE-2023-28841, CVE-2023-28842',
    ],
  },
  {
    code: 'cleartext-risk',
    title: 'packets of an encrypted overlay may leave unencrypted',
    severity: 'error',
    loses: 'nothing',
    needs: 'one host',
    meaning:
      'Packets of an encrypted network are marked for encryption, and no policy matches them: there is none for the destination node, or it is for another UDP port than the data-path port. They leave unencrypted and are dropped by the other node. A warning if only the engine version is known to allow this.',
    behaviour:
      'A packet that matches no policy is sent unencrypted. Engines up to 20.10, and 23.0 and 24.0 before 23.0.7 and 24.0.3, create the policy for port 4789 whatever the data-path port is. Engines before 20.10.24 and 23.0.3 append their rules after others and continue if one can not be created.',
    check: [
      {
        command: 'ip xfrm policy; ip -d link show type vxlan   # inside the sandbox: dstport',
      },
      {
        command: 'tcpdump -ni UPLINK udp port 4789',
        shows: 'packets of that VNI must not be there',
      },
    ],
    fix: [
      {command: 'apt-get install --only-upgrade docker-ce', affects: 'the engine and its containers'},
      restart,
    ],
    references: [
      'CVE-2023-28840, CVE-2023-28841, CVE-2023-28842',
      'https://github.com/moby/moby/issues/45635',
      'https://github.com/moby/moby/issues/53420',
    ],
  },
  {
    code: 'esp-filtered-in',
    title: "the host's packet filter drops incoming ESP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Between nodes, packets of encrypted overlays are ESP (IP protocol 50), not UDP. The rules of this host accept the UDP data-path port and drop ESP. Encrypted networks carry no traffic in this direction, while all others work.',
    behaviour:
      'An ESP packet passes INPUT before it is decrypted, and the decrypted packet passes INPUT again. Docker adds no rule that accepts ESP. ESP has no ports, so port forwarding and NAT by port do not apply. Conntrack tracks it by its two addresses alone: if rules accept established traffic, packets pass once this host has sent some itself, and that is a warning.',
    check: [
      {command: 'iptables-save -c -t filter; nft list ruleset'},
      {command: 'tcpdump -ni UPLINK ip proto 50   # on both hosts'},
    ],
    fix: [{command: 'iptables -I INPUT -p esp -s VTEP -j ACCEPT', affects: 'ESP from that node'}],
    references: ['RFC 4303 (ESP)', 'https://github.com/moby/moby/issues/30727'],
    explains: ['frames-lost-between', 'one-way-traffic', 'xfrm-errors'],
  },
  {
    code: 'esp-filtered-out',
    title: "the host's packet filter drops outgoing ESP",
    severity: 'error',
    needs: 'one host',
    meaning:
      'Between nodes, packets of encrypted overlays are ESP, IP protocol 50. The rules of this host drop outgoing ESP, so encrypted networks carry no traffic in this direction, while all others work.',
    behaviour: 'A packet passes OUTPUT as UDP, is encrypted, and passes OUTPUT again as ESP.',
    check: [
      {command: 'iptables-save -c -t filter; nft list ruleset'},
      {command: 'tcpdump -ni UPLINK ip proto 50'},
    ],
    fix: [{command: 'iptables -I OUTPUT -p esp -d VTEP -j ACCEPT', affects: 'ESP to that node'}],
    references: ['RFC 4303 (ESP)', 'https://github.com/moby/moby/issues/30766'],
    explains: ['xfrm-errors'],
  },
  {
    code: 'encryption-unsupported',
    title: 'the kernel of a node does not support the required IPsec',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'Tasks on an encrypted network are rejected on a node, because its kernel does not allow programs to configure IPsec (netlink XFRM, module xfrm_user). The tasks stay pending, or run on other nodes.',
    behaviour:
      'The engine opens a netlink socket of that kind once, when it starts. If that fails, it rejects each task of an encrypted network. With a kernel that has it but not ESP, tasks run and their packets are dropped (xfrm-state-missing).',
    check: [
      {command: 'docker service ps --no-trunc SERVICE'},
      {command: 'ip xfrm state count   # on that node'},
    ],
    fix: [
      {
        command: 'modprobe -a xfrm_user xfrm_algo; systemctl restart docker',
        affects: 'loads kernel modules if they exist; every container of that node',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/joinleave.go (Join)',
      'https://github.com/moby/libnetwork/issues/1439',
    ],
  },
  {
    code: 'ipsec-policy-foreign',
    title: "an IPsec policy that is not Docker's drops VXLAN packets",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The policy covers the packets between this node and others. It blocks them, or asks for a security association that does not exist. VPN software makes such policies, and leaves them behind when it is killed.',
    behaviour:
      'The kernel looks up a policy for each packet that it sends or receives, and drops what a policy blocks. Packets of other ports and of the control plane are hit as far as the policy covers them.',
    check: [{command: 'ip xfrm policy list'}, {command: 'ip xfrm state list nokeys'}],
    fix: [
      {
        command: 'ip xfrm policy delete src SOURCE dst DESTINATION dir DIRECTION',
        affects: 'what the policy was made for',
      },
      {words: 'Restart the VPN software that made it, or correct its configuration.'},
    ],
    references: ['kernel net/xfrm/xfrm_policy.c (xfrm_lookup_with_ifid, __xfrm_policy_check)', 'ip-xfrm(8)'],
    explains: [
      'gossip-differs',
      'gossip-kernel-differs',
      'fdb-row-missing',
      'neighbour-missing',
      'fdb-learned-only',
      'frames-lost-between',
      'one-way-traffic',
      'vxlan-tx-errors',
      'vxlan-tx-dropped',
      'xfrm-errors',
      'node-down',
    ],
  },
] as const satisfies readonly Explanation[];
