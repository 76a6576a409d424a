import type {Explanation} from '../explanation.js';

const specification = 'moby daemon/libnetwork/docs/spec/swarm-networking.md (commit ad948b0a)';
const bridges = 'moby daemon/libnetwork/docs/spec/bridge-networking.md';

/** Packet filter rules of the engine that are of another time, in another place, or not strict enough. */
export const packetFilterTexts = [
  {
    code: 'rules-of-other-generation',
    title: 'rules of an engine with the other firewall backend, or of an older engine, are left',
    severity: 'warning',
    needs: 'one host',
    meaning:
      'Packets must pass the old rules as well as the new ones: ports of containers that are new are dropped by the old ones, and old translations come first.',
    behaviour:
      'An engine that starts with another firewall backend removes what the backend of before left, but for DOCKER-USER. From 29.8 on it removes the chain DOCKER-INGRESS too, as published ports have become bindings of docker_gwbridge. Rules stay where the removal failed, or where something put them back.',
    check: [
      {command: 'iptables-save', shows: 'with nftables: no chain of Docker but DOCKER-USER'},
      {command: 'nft list tables', shows: 'with iptables: no table docker-bridges'},
    ],
    fix: [
      {
        command: 'nft delete table ip docker-bridges',
        affects: 'with iptables: the rules of before, which are not used',
      },
      {
        words:
          'With nftables: delete the jumps to the chains of Docker, then flush and delete the chains, but for DOCKER-USER.',
      },
    ],
    references: [`${specification}, 11.5 and 12.3`, `${bridges}, 1.3`],
  },
  {
    code: 'nft-hook-moved',
    title: 'a base chain of the engine has another hook or priority than the engine gave it',
    severity: 'warning',
    needs: 'one host',
    meaning:
      "Packets meet the engine's rules at the wrong time: published ports are translated after routing, or unencrypted packets are accepted before they are checked.",
    behaviour:
      'The engine creates its tables docker-bridges and docker-overlay with fixed hooks and priorities. nftables can not move a chain: something deleted it and made it again, such as a ruleset that was restored from an edited file.',
    check: [
      {command: 'nft list table ip docker-bridges', shows: 'type, hook and priority of each base chain'},
    ],
    fix: [
      {
        command: 'systemctl restart docker',
        affects: 'the engine and all containers of the node: it makes its tables again when it starts',
      },
    ],
    references: [
      `${specification}, 12.1`,
      `${bridges}, 1.1`,
      'moby daemon/libnetwork/drivers/bridge/internal/nftabler, drivers/overlay/encryption_nft_linux.go',
    ],
  },
  {
    code: 'encryption-rule-leftover',
    title: 'rules for encryption are left for a VNI that is not encrypted',
    severity: 'error',
    needs: 'one host',
    meaning:
      'Where an unencrypted network has the VNI, its packets are dropped on arrival. Where no network has it, nothing is lost until a new network gets that VNI.',
    behaviour:
      'With iptables the engine has a rule that drops what arrives unencrypted for each encrypted VNI, and one that marks what is sent; with nftables VNIs are elements of the set encrypted-vnis. It removes them with the network. They stay where the engine was killed, or after a change of the firewall backend until the VNI is used again.',
    check: [
      {command: 'iptables -S INPUT', shows: 'rules with --pol none'},
      {command: 'nft list table ip docker-overlay', shows: 'the set encrypted-vnis'},
    ],
    fix: [
      {
        words:
          'Delete the rules of that VNI from INPUT of the filter table and from OUTPUT of the mangle table, or its element from the set.',
      },
    ],
    references: [
      `${specification}, 9 and 12`,
      'moby daemon/libnetwork/drivers/overlay/encryption.go, encryption_nft_linux.go',
    ],
    explains: ['data-path-filtered-in', 'one-way-traffic'],
  },
  {
    code: 'gwbridge-open',
    title: 'containers can be reached from the underlay on their docker_gwbridge addresses',
    severity: 'info',
    needs: 'one host',
    meaning:
      'A host on the network of the node that adds a route to the subnet of docker_gwbridge reaches any port of the containers, published or not.',
    behaviour:
      'Up to engine 27 the policy DROP of FORWARD keeps such packets away. The engine sets it only where it turns ip_forward on itself: where that was on before, the policy stays ACCEPT. From 28 on the engine has a rule of its own that drops them.',
    check: [{command: 'iptables -S FORWARD', shows: '-P FORWARD ACCEPT'}],
    fix: [
      {
        command:
          'iptables -I DOCKER-USER -i UPLINK -o docker_gwbridge -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP',
        affects: 'new connections from outside to containers; published ports pass as before',
      },
    ],
    references: [
      `${specification}, 8.1`,
      'moby/moby#14041',
      'moby daemon/libnetwork/drivers/bridge/setup_ip_forwarding.go',
    ],
  },
] as const satisfies readonly Explanation[];
