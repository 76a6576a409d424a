import type {Explanation} from '../explanation.js';

/** Packet filter rules that the engine makes, on the host and in containers. */
export const dockerRuleTexts: readonly Explanation[] = [
  {
    code: 'docker-rules-missing',
    title: "rules that lead into Docker's chains are gone",
    severity: 'error',
    needs: 'one host',
    meaning:
      'The engine makes its packet filter rules when it starts and expects them to stay. A firewall manager that loads its own ruleset, or a flush, has taken some away. Traffic between containers of one overlay does not need them; ways out of docker_gwbridge, published ports and the isolation of bridge networks do. Where the rules that are left drop what containers send to the world, it is an error, else a warning.',
    behaviour:
      'The policy of FORWARD is DROP on hosts where the engine turned forwarding on: without the jumps to its chains nothing is let through. Which jumps there are depends on the version: DOCKER-USER and DOCKER-ISOLATION-STAGE-1 up to 28.0.0, DOCKER-USER and DOCKER-FORWARD (to DOCKER-CT and DOCKER-BRIDGE) from 28.0.1, the table `ip docker-bridges` with the nftables back end. Only a reload of firewalld is told to the engine, which then makes them again.',
    prove: [{command: 'iptables-save -c; iptables-legacy-save -c; nft list ruleset', touches: 'nothing'}],
    mend: [
      {
        command: 'firewall-cmd --reload',
        touches: "firewalld's rules, after which the engine makes its own again",
      },
      {
        command: 'systemctl restart docker',
        touches: 'every container of the host, unless live-restore is on; tasks are started again',
      },
    ],
    references: [
      'moby daemon/libnetwork/drivers/bridge/internal/iptabler/iptabler.go (setupIPChains)',
      'https://github.com/moby/moby/issues/50443',
      'https://github.com/firewalld/firewalld/issues/503',
    ],
  },
  {
    code: 'docker-rules-two-backends',
    title: "both back ends of iptables hold Docker's rules",
    severity: 'warning',
    needs: 'one host',
    meaning:
      'iptables has two back ends, legacy and nft, with rules of their own, and the kernel applies both. The engine uses one of them. Rules in the other were made before the back end was changed, or by an engine in a container with other tools: they still drop, accept and translate.',
    behaviour:
      'A packet must be accepted by both. A policy DROP or an isolation rule in the old back end stops what the new one lets through; an old DNAT rule leads a port to an address that another container has by now.',
    prove: [
      {
        command: 'iptables-legacy-save -c | grep DOCKER; iptables-nft-save -c | grep DOCKER',
        touches: 'nothing',
      },
      {command: 'iptables --version', touches: 'nothing: names the back end in use'},
    ],
    mend: [
      {
        command:
          'iptables-legacy -F; iptables-legacy -t nat -F; iptables-legacy -X; iptables-legacy -t nat -X',
        touches: 'every rule of the legacy back end, where that is the one not in use; a reboot does it too',
      },
    ],
    references: ['iptables-nft(8)', 'https://github.com/moby/moby/issues/46636'],
  },
];
