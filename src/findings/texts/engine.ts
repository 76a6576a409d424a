import type {Explanation} from '../explanation.js';
import {lostGossip} from './lost-gossip.js';

/** Engines, NICs, clocks and certificates of nodes. */
export const engineTexts = [
  {
    code: 'engine-versions-mixed',
    title: 'engines of an encrypted network have incompatible versions',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'The number that identifies the key of an encrypted packet (SPI) is computed from both addresses. Engines 28.2.2, 29.0.0 to 29.2.0, 25.0.13 and 25.0.14 compute it differently from all others. Between a node of the first kind and one of the second, encrypted networks carry no traffic; unencrypted networks and names still work.',
    behaviour:
      'The receiver drops the ESP packets because of an unknown SPI and counts XfrmInNoStates. An upgrade node by node causes this while both kinds run.',
    check: [
      {
        command: "docker node ls --format '{{.Hostname}} {{.EngineVersion}}'",
        shows: 'on a manager',
      },
      {
        command: 'ip -s xfrm state list nokeys   # on two nodes: out of one, into the other',
      },
    ],
    fix: [
      {
        command: 'apt-get install --only-upgrade docker-ce   # 29.2.1, 25.0.15 or later, on all nodes',
        affects: 'the engine of each node, and its containers',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/encryption.go (buildSPI)',
      'https://github.com/moby/moby/issues/51798',
    ],
    explains: ['xfrm-spi-mismatch'],
  },
  {
    code: 'engine-fdb-bug',
    title: 'this engine version has known bugs in its FDB and neighbour entries',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Nothing is wrong yet. 28.2.0 to 28.2.2 never remove the entries of endpoints that leave other nodes, so traffic to a reused address is sent to the old node. 29.0.0 and later (seen up to 29.8.0), and 25.0.13 and later of that branch, can lose the FDB entry of a live endpoint after a short partition; this is reported as info.',
    behaviour:
      'From 29.0 on an FDB entry is added exclusively: if the kernel has learned the MAC meanwhile, the add fails, the learned entry ages out after 300 s, and frames are dropped from then on. In 28.2 deletions go to tables of another family.',
    check: [
      {command: "docker version -f '{{.Server.Version}}'"},
      {
        command: "journalctl -u docker | grep -e 'already present' -e 'failed to add peer entry'",
      },
    ],
    fix: [
      {
        command: 'apt-get install --only-upgrade docker-ce',
        affects: 'the engine of the node, and its containers',
      },
    ],
    references: [
      'https://github.com/moby/moby/pull/50169',
      'https://github.com/moby/moby/issues/52661',
      'https://github.com/moby/moby/pull/53663',
    ],
  },
  {
    code: 'nic-offload',
    title: 'NIC checksum offload corrupts VXLAN packets',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Packets to other nodes leave by a vmxnet3 NIC with checksum offload on, on the UDP port that VMware treats as a tunnel port. With many versions of driver and hypervisor the inner checksums are then wrong: ping and names work between nodes, every TCP connection hangs.',
    behaviour:
      'The receiver drops segments with a wrong inner checksum and counts Tcp InCsumErrors in the namespace of the container, or Udp InCsumErrors on the host if the outer one is wrong. A capture on the sender always shows wrong checksums and is not conclusive.',
    check: [
      {command: 'ethtool -i DEVICE; ethtool -k DEVICE | grep tx-checksum-ip-generic'},
      {
        command: 'nsenter --net=/var/run/docker/netns/FILE nstat -az TcpInCsumErrors   # on the receiver',
      },
    ],
    fix: [
      {
        command: 'ethtool -K DEVICE tx-checksum-ip-generic off',
        affects: 'that NIC, until the next boot: the CPU computes checksums',
      },
    ],
    references: [
      'https://github.com/moby/moby/issues/41775',
      'https://github.com/coreos/fedora-coreos-tracker/issues/1372',
    ],
  },
  {
    code: 'clock-skew',
    title: "a host's clock differs from the others'",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'The clock of the host is more than a minute off. Overlays do not depend on clocks; the certificates that nodes use to authenticate each other do. From about an hour on, nodes can not join, and a renewed certificate is refused. With one host it is not known whether its clock or that of the machine that read it is wrong.',
    behaviour:
      'A certificate is valid from one hour before its creation (swarmkit backdates it) for 90 days. A node whose clock is behind treats a new one as not yet valid; one whose clock is ahead treats its own as expired.',
    check: [{command: 'date -u; timedatectl'}, {command: 'chronyc tracking'}],
    fix: [
      {
        command: 'timedatectl set-ntp false; timedatectl set-ntp true',
        affects: 'the clock of that host: its time service is restarted and sets it',
      },
    ],
    references: [
      'moby swarmkit ca/certificates.go (CertBackdate)',
      'https://github.com/moby/moby/issues/25112',
    ],
  },
  {
    code: 'certificate-expired',
    title: "the node's Swarm certificate is not valid",
    severity: 'error',
    loses: 'nothing',
    needs: 'one host',
    meaning:
      "According to the node's own clock its certificate has expired, or is not valid yet. Managers refuse the node: it is shown as down, gets no tasks and no network updates, and keeps its old state, which becomes stale.",
    behaviour:
      'The engine renews the certificate between half and four fifths of its lifetime, if it reaches a manager. A node that was off for longer than that (90 days by default) comes back with an expired one.',
    check: [
      {
        command:
          'openssl x509 -noout -dates -subject -in /var/lib/docker/swarm/certificates/swarm-node.crt; date -u',
      },
    ],
    fix: [
      {command: 'timedatectl set-ntp true', affects: 'the clock, if it is wrong'},
      {
        command: 'docker swarm leave --force; docker swarm join --token TOKEN MANAGER:2377',
        affects: 'all tasks and overlay networks of this node: it joins as a new one',
      },
    ],
    references: ['moby swarmkit ca/config.go (TLSRenewer)', 'https://github.com/moby/moby/issues/42660'],
  },
  {
    code: 'certificate-expiring',
    title: "the node's Swarm certificate was not renewed in time",
    severity: 'warning',
    needs: 'one host',
    meaning:
      "Nine tenths of the certificate's lifetime have passed, and the engine should renew it before four fifths. The node can not reach a manager, or is refused. Once the certificate has expired, the node can not rejoin without manual action.",
    behaviour:
      'The engine requests a new certificate from a manager at a random time between half and four fifths of the lifetime, and retries in between.',
    check: [
      {
        command: 'openssl x509 -noout -dates -in /var/lib/docker/swarm/certificates/swarm-node.crt; date -u',
      },
      {command: 'journalctl -u docker | grep -i renew'},
    ],
    fix: [
      {
        command: 'docker swarm ca --rotate   # on a manager',
        affects: 'the certificates of all nodes, one by one',
      },
    ],
    references: [
      'moby swarmkit ca/certificates.go (calculateRandomExpiry)',
      'https://github.com/moby/moby/issues/24078',
    ],
  },
  {
    code: 'vxlan-unsupported',
    title: 'the kernel of a node has no VXLAN',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'Tasks on overlay networks are rejected on a node, because its kernel can not create a vxlan device. The tasks stay pending, or run on other nodes. Ubuntu 21.10 to 23.10 on a Raspberry Pi has the module in a separate package.',
    behaviour:
      'The engine creates the device when the first task of a network starts on the node, and rejects the task if that fails.',
    check: [{command: 'docker service ps --no-trunc SERVICE'}, {command: 'modprobe -n vxlan'}],
    fix: [
      {command: 'modprobe vxlan', affects: 'kernel modules of that node, if they exist'},
      {command: 'apt-get install linux-modules-extra-raspi', affects: 'packages of that node'},
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/ov_utils.go',
      'https://github.com/moby/libnetwork/issues/1166',
    ],
  },
  {
    code: 'gossip-listener-missing',
    title: 'the engine does not listen for gossip',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Nodes tell each other of endpoints by gossip on port 7946, TCP and UDP. This engine does not listen there: it gets no FDB entries of new endpoints and no names, and the other nodes take it for failed.',
    behaviour:
      'The engine opens both sockets when it joins a swarm. They are missing if the engine hangs, was stopped, or if another program had the port when it started.',
    check: [{command: "ss -lnptu 'sport = :7946'", shows: 'dockerd on tcp and udp'}],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'the engine and all containers of the node',
      },
    ],
    references: [
      'moby daemon/libnetwork/networkdb/cluster.go',
      'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a), 1',
    ],
    explains: lostGossip,
  },
  {
    code: 'engine-not-answering',
    title: 'the engine of a host with overlay networks does not answer',
    severity: 'error',
    needs: 'one host',
    meaning:
      'dockerd has ended, or hangs. Containers keep running, and traffic between endpoints that know each other goes on. But embedded DNS is part of the engine, so names are not resolved, and the host hears no gossip: it gets no FDB entries of new endpoints, and the other nodes remove its endpoints.',
    behaviour:
      'Queries to 127.0.0.11 reach a socket that no process reads. After about a minute the managers call the node down and start its tasks elsewhere.',
    check: [{command: 'systemctl status docker'}, {command: 'docker version'}],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'all containers of this host: those of the swarm are started again',
      },
    ],
    references: ['moby daemon/libnetwork/resolver.go', 'moby daemon/libnetwork/networkdb/cluster.go'],
    explains: [
      'node-down',
      'gossip-listener-missing',
      'dns-listener-missing',
      'fdb-stale',
      'hosts-disagree',
      ...lostGossip,
    ],
  },
] as const satisfies readonly Explanation[];
