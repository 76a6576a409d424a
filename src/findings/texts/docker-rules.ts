import type {Explanation} from '../explanation.js';

/** Packet filter rules that the engine creates, on the host and in containers. */
export const dockerRuleTexts = [
  {
    code: 'docker-rules-missing',
    title: "jumps to Docker's chains are missing",
    severity: 'error',
    loses: 'outside',
    needs: 'one host',
    meaning:
      'The engine creates its packet filter rules when it starts and expects them to stay. A firewall manager that loads its own ruleset, or a flush, has removed some of them. Traffic between containers of one overlay does not need them; outbound traffic through docker_gwbridge, published ports and the isolation of bridge networks do. An error if the remaining rules drop outbound traffic of containers, otherwise a warning.',
    behaviour:
      'The policy of FORWARD is DROP on hosts where the engine enabled forwarding: without the jumps to its chains nothing is forwarded. The expected jumps depend on the version: DOCKER-USER and DOCKER-ISOLATION-STAGE-1 up to 28.0.0, DOCKER-USER and DOCKER-FORWARD (to DOCKER-CT and DOCKER-BRIDGE) from 28.0.1, the table `ip docker-bridges` with the nftables backend. The engine is notified only of a reload of firewalld, and then recreates the rules.',
    check: [{command: 'iptables-save -c; iptables-legacy-save -c; nft list ruleset'}],
    fix: [
      {
        command: 'firewall-cmd --reload',
        affects: "firewalld's rules; the engine then recreates its own",
      },
      {
        command: 'systemctl restart docker',
        affects:
          'every container of the host (a node of a swarm cannot use live-restore); tasks are restarted',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/bridge/internal/iptabler/iptabler.go (setupIPChains)',
      'https://github.com/moby/moby/issues/50443',
      'https://github.com/firewalld/firewalld/issues/503',
    ],
    explains: [
      'encryption-drop-missing',
      'encryption-mark-missing',
      'ingress-dnat-missing',
      'masquerade-missing',
      'forward-filtered',
      'host-port-untranslated',
    ],
  },
  {
    code: 'docker-rules-two-backends',
    title: "both iptables backends contain Docker's rules",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'iptables has two backends, legacy and nft, each with its own rules, and the kernel applies both. The engine uses one of them. Rules in the other were created before the backend was changed, or by an engine in a container with other tools: they still drop, accept and translate.',
    behaviour:
      'A packet must be accepted by both. A policy DROP or an isolation rule in the old backend drops what the new one accepts; an old DNAT rule sends a port to an address that another container may have now.',
    check: [
      {
        command: 'iptables-legacy-save -c | grep DOCKER; iptables-nft-save -c | grep DOCKER',
      },
      {command: 'iptables --version', shows: 'the backend in use'},
    ],
    fix: [
      {
        command:
          'iptables-legacy -F; iptables-legacy -t nat -F; iptables-legacy -X; iptables-legacy -t nat -X',
        affects: 'every rule of the legacy backend, if that is the unused one; a reboot has the same effect',
      },
    ],
    references: ['iptables-nft(8)', 'https://github.com/moby/moby/issues/46636'],
  },
  {
    code: 'dns-rules-missing',
    title: "the redirect to Docker's embedded DNS is missing",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The container sends DNS queries to 127.0.0.11, and the nat rules in its namespace that redirect port 53 there to the engine are missing. It can resolve neither service names nor external names; connections by address still work.',
    behaviour:
      'The engine opens a socket inside each container, on a port that it picks, and creates rules in the chains DOCKER_OUTPUT and DOCKER_POSTROUTING, or in the nftables table docker-dns from 29.0 with that backend. A program in the container with the right to change rules can delete them; an engine that restarts with other tools creates them in another backend.',
    check: [
      {
        command: 'nsenter --net=/var/run/docker/netns/FILE iptables-save -c -t nat',
      },
      {command: 'nsenter --net=/var/run/docker/netns/FILE ss -lunp'},
    ],
    fix: [{command: 'docker restart CONTAINER', affects: 'that container: it stops and starts again'}],
    references: ['moby daemon/libnetwork/resolver_unix.go', 'https://github.com/moby/moby/issues/35043'],
  },
  {
    code: 'dns-listener-missing',
    title: 'embedded DNS is not listening for a container',
    severity: 'error',
    needs: 'one host',
    meaning:
      'The rules in the namespace of the container redirect its DNS queries to a port on which no process listens. It can resolve no name. While the engine is down this affects all containers of the host.',
    behaviour:
      'The socket is in the namespace of the container but belongs to dockerd, and is closed when dockerd stops. After a restart the engine opens a new one and creates new rules; if that failed, the old rules redirect to a closed port.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/FILE iptables-save -t nat'},
      {command: 'nsenter --net=/var/run/docker/netns/FILE ss -lunp'},
    ],
    fix: [{command: 'docker restart CONTAINER', affects: 'that container: it stops and starts again'}],
    references: ['moby daemon/libnetwork/resolver.go', 'https://github.com/moby/moby/issues/41668'],
  },
] as const satisfies readonly Explanation[];
