import type {Explanation} from '../explanation.js';

/** Engines, network cards, clocks and certificates of nodes. */
export const engineTexts = [
  {
    code: 'engine-versions-mixed',
    title: 'engines of an encrypted network have incompatible versions',
    severity: 'error',
    needs: 'a manager',
    meaning:
      'The number by which a receiver finds the key of an encrypted packet is made of both addresses. Engines 28.2.2, 29.0.0 to 29.2.0, 25.0.13 and 25.0.14 make it in another way than all others. Between a node of the first kind and one of the second encrypted networks carry nothing; unencrypted ones and names go on.',
    behaviour:
      'The receiver drops the ESP packets as of an unknown SPI and counts XfrmInNoStates. Upgrading node by node brings this about for as long as both kinds run.',
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
      'Nothing is wrong yet. 28.2.0 to 28.2.2 never remove the rows of endpoints that leave other nodes, so that an address which is used again leads to the old node. 29.0.0 and later (seen up to 29.8.0), and 25.0.13 and later of that branch, can lose the row of a live endpoint after a short partition; that is merely worth knowing, and told as info.',
    behaviour:
      'From 29.0 on a row is added exclusively: if the kernel has learned the MAC meanwhile, the add fails, the learned row ages out after 300 s, and frames are dropped from then on. In 28.2 deletions go to tables of another family.',
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
      'Packets to other nodes leave by a vmxnet3 card with checksum offload on, on the UDP port by which VMware knows tunnels. On many versions of driver and hypervisor the checksums inside are wrong then: ping and names work between nodes, every TCP connection hangs.',
    behaviour:
      'The receiver drops segments with a wrong inner checksum and counts Tcp InCsumErrors in the namespace of the container, or Udp InCsumErrors on the host where the outer one is wrong. A capture on the sender always shows wrong checksums and tells nothing.',
    check: [
      {command: 'ethtool -i DEVICE; ethtool -k DEVICE | grep tx-checksum-ip-generic'},
      {
        command: 'nsenter --net=/var/run/docker/netns/FILE nstat -az TcpInCsumErrors   # on the receiver',
      },
    ],
    fix: [
      {
        command: 'ethtool -K DEVICE tx-checksum-ip-generic off',
        affects: 'that card, until the next boot: the processor reckons checksums',
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
      'The clock of the host is more than a minute off. Overlays do not look at clocks; the certificates by which nodes know each other do. From about an hour on nodes can not join, and a renewed certificate is refused. With one host it is not known whether its clock or that of the machine that read it is wrong.',
    behaviour:
      'A certificate is valid from one hour before it was made (swarmkit backdates it) for 90 days. A node whose clock is behind takes a new one for not yet valid; one that is ahead takes its own for expired.',
    check: [{command: 'date -u; timedatectl'}, {command: 'chronyc tracking'}],
    fix: [{command: 'timedatectl set-ntp true', affects: 'the clock of that host'}],
    references: [
      'moby swarmkit ca/certificates.go (CertBackdate)',
      'https://github.com/moby/moby/issues/25112',
    ],
  },
  {
    code: 'certificate-expired',
    title: "the node's Swarm certificate is not valid",
    severity: 'error',
    needs: 'one host',
    meaning:
      "By the node's own clock its certificate has expired, or is not valid yet. Managers refuse the node: it is shown as down, gets no tasks and no changes of the network, and keeps what it had, which grows stale.",
    behaviour:
      'The engine renews the certificate between half and four fifths of its time, if it reaches a manager. A node that was off for longer than that (90 days unless it was set otherwise) comes back expired.',
    check: [
      {
        command:
          'openssl x509 -noout -dates -subject -in /var/lib/docker/swarm/certificates/swarm-node.crt; date -u',
      },
    ],
    fix: [
      {command: 'timedatectl set-ntp true', affects: 'the clock, where that is what is wrong'},
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
      'Nine tenths of the time of the certificate are over, and the engine renews it before four fifths are. The node can not reach a manager, or is refused; once the certificate has expired, it can not come back by itself.',
    behaviour:
      'The engine asks a manager for a new certificate at a random moment between half and four fifths, and tries again in between.',
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
      'Tasks on overlay networks are rejected on a node, because its kernel can not make a vxlan device. They wait, or run on other nodes. Ubuntu 21.10 to 23.10 on a Raspberry Pi has the module in a package of its own.',
    behaviour:
      'The engine makes the device when the first task of a network comes to the node, and rejects the task where that fails.',
    check: [{command: 'docker service ps --no-trunc SERVICE'}, {command: 'modprobe -n vxlan'}],
    fix: [
      {command: 'modprobe vxlan', affects: 'kernel modules of that node, where they exist'},
      {command: 'apt-get install linux-modules-extra-raspi', affects: 'packages of that node'},
    ],
    references: [
      'moby daemon/libnetwork/drivers/overlay/ov_utils.go',
      'https://github.com/moby/libnetwork/issues/1166',
    ],
  },
] as const satisfies readonly Explanation[];
