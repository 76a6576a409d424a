import type {Explanation} from '../explanation.js';

/** Packet filter rules that the engine makes, on the host and in containers. */
export const dockerRuleTexts = [
  {
    code: 'docker-rules-missing',
    title: "jumps to Docker's chains are missing",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The engine makes its packet filter rules when it starts and expects them to stay. A firewall manager that loads its own ruleset, or a flush, has taken some away. Traffic between containers of one overlay does not need them; ways out of docker_gwbridge, published ports and the isolation of bridge networks do. Where the rules that are left drop what containers send to the world, it is an error, else a warning.',
    behaviour:
      'The policy of FORWARD is DROP on hosts where the engine turned forwarding on: without the jumps to its chains nothing is let through. Which jumps there are depends on the version: DOCKER-USER and DOCKER-ISOLATION-STAGE-1 up to 28.0.0, DOCKER-USER and DOCKER-FORWARD (to DOCKER-CT and DOCKER-BRIDGE) from 28.0.1, the table `ip docker-bridges` with the nftables back end. Only a reload of firewalld is told to the engine, which then makes them again.',
    check: [{command: 'iptables-save -c; iptables-legacy-save -c; nft list ruleset'}],
    fix: [
      {
        command: 'firewall-cmd --reload',
        affects: "firewalld's rules, after which the engine makes its own again",
      },
      {
        command: 'systemctl restart docker',
        affects: 'every container of the host, unless live-restore is on; tasks are started again',
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
    ],
  },
  {
    code: 'docker-rules-two-backends',
    title: "both iptables backends contain Docker's rules",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'iptables has two back ends, legacy and nft, with rules of their own, and the kernel applies both. The engine uses one of them. Rules in the other were made before the back end was changed, or by an engine in a container with other tools: they still drop, accept and translate.',
    behaviour:
      'A packet must be accepted by both. A policy DROP or an isolation rule in the old back end stops what the new one lets through; an old DNAT rule leads a port to an address that another container has by now.',
    check: [
      {
        command: 'iptables-legacy-save -c | grep DOCKER; iptables-nft-save -c | grep DOCKER',
      },
      {command: 'iptables --version', shows: 'names the back end in use'},
    ],
    fix: [
      {
        command:
          'iptables-legacy -F; iptables-legacy -t nat -F; iptables-legacy -X; iptables-legacy -t nat -X',
        affects: 'every rule of the legacy back end, where that is the one not in use; a reboot does it too',
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
      'The container asks 127.0.0.11 for names, and the nat rules in its namespace that lead port 53 there to the engine are gone. It can resolve nothing, neither names of services nor of the world; what it reaches by address goes on.',
    behaviour:
      'The engine opens a socket on a port of its own choice inside each container and makes rules in the chains DOCKER_OUTPUT and DOCKER_POSTROUTING, or in the nftables table docker-dns from 29.0 with that back end. A program in the container with the right to change rules can take them away; an engine that restarts with other tools makes them in another back end.',
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
      'The rules in the namespace of the container lead its questions to a port at which no process listens. It can resolve nothing. All containers of a host are hit while the engine is down.',
    behaviour:
      'The socket belongs to dockerd, though it is in the namespace of the container, and is gone with it. After a restart the engine opens a new one and makes new rules; where that failed the old rules lead to nothing.',
    check: [
      {command: 'nsenter --net=/var/run/docker/netns/FILE iptables-save -t nat'},
      {command: 'nsenter --net=/var/run/docker/netns/FILE ss -lunp'},
    ],
    fix: [{command: 'docker restart CONTAINER', affects: 'that container: it stops and starts again'}],
    references: ['moby daemon/libnetwork/resolver.go', 'https://github.com/moby/moby/issues/41668'],
  },
] as const satisfies readonly Explanation[];
