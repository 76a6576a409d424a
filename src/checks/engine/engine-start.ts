import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import {setting} from '../../model/proc/settings.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';

/**
 * An engine that does not run, on a node of a swarm, and whose daemon.json has what an engine in a swarm refuses to start with
 * (moby daemon/cluster: live-restore; daemon/libnetwork: nftables without features.swarm-nftables, or without ip_forward).
 */
export const engineStart = defineCheck({
  name: 'engine-start',
  codes: ['engine-refuses-swarm'],
  perHost(host, report) {
    const {model, name} = host;
    if (model.engineState !== 'gone' || !model.swarmState || !model.engineConfig) return undefined;
    for (const {key, cause, what} of refusals(host))
      report.found({
        code: 'engine-refuses-swarm',
        severity: 'error',
        host: name,
        network: null,
        subject: key,
        evidence: [
          'no process dockerd, and swarm/docker-state.json is there: the node is in a swarm',
          ...model.engineConfig.map(({key: word, value}) => `daemon.json: ${word}: ${value}`),
        ],
        cause: `the engine of ${name} does not start: ${cause}`,
        check: look(line('journalctl -u docker -n 30 --no-pager'), 'the reason that the engine itself gives'),
        fix: fixByOthers(`administrator of ${name}`, `${what}, then: systemctl start docker`),
        basis: 'one-host',
        at: {host: name},
        reach: [{host: name}],
      });
    return undefined;
  },
});

interface Refusal {
  key: string;
  cause: string;
  what: string;
}

function refusals({model: {engineConfig = [], host}}: KnownHost): Refusal[] {
  const value = (key: string) => engineConfig.find((one) => one.key === key)?.value;
  const nftables = value('firewall-backend') === 'nftables';
  return [
    ...(value('live-restore') === 'true'
      ? [
          {
            key: 'live-restore',
            cause: 'live-restore is on in daemon.json, which an engine in a swarm refuses',
            what: 'take live-restore out of daemon.json',
          },
        ]
      : []),
    ...(nftables && value('swarm-nftables') !== 'true'
      ? [
          {
            key: 'firewall-backend',
            cause:
              'the firewall backend in daemon.json is nftables without the feature swarm-nftables, which an engine in a swarm refuses',
            what: 'add "features": {"swarm-nftables": true} to daemon.json, or take firewall-backend out of it',
          },
        ]
      : []),
    ...(nftables && setting(host?.proc, 'ipv4/ip_forward') === 0
      ? [
          {
            key: 'ip_forward',
            cause:
              'the firewall backend is nftables and net.ipv4.ip_forward is 0, which the engine turns on with iptables only',
            what: 'sysctl -w net.ipv4.ip_forward=1, and keep it in /etc/sysctl.d',
          },
        ]
      : []),
  ];
}
