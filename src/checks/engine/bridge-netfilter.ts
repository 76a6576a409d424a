import {setting} from '../../model/proc/settings.js';
import {defineCheck} from '../check.js';

const path = 'bridge/bridge-nf-call-iptables';
/** Docker's rule between the ports of docker_gwbridge (moby libnetwork bridge driver, enable_icc=false). */
const isolation = /^-i docker_gwbridge -o docker_gwbridge(?: .*)? -j DROP$/;

/** A rule between the ports of a bridge that no packet is shown to. */
export const bridgeNetfilter = defineCheck({
  name: 'bridge-netfilter',
  codes: ['bridge-netfilter-off'],
  perHost(host, report) {
    const tables = host.model.host;
    if (setting(tables?.proc, path) !== 0) return undefined;
    const rule = (tables?.netfilter ?? [])
      .flatMap(({rules}) => rules)
      .find(({table, text}) => table === 'filter' && isolation.test(text));
    const ports = (tables?.links ?? []).filter(({master}) => master === 'docker_gwbridge');
    if (!rule || ports.length < 2) return undefined;
    report.found({
      code: 'bridge-netfilter-off',
      severity: 'info',
      host: host.name,
      network: 'docker_gwbridge',
      subject: 'docker_gwbridge',
      evidence: [
        'net.bridge.bridge-nf-call-iptables = 0',
        `filter: -A ${rule.chain} ${rule.text}`,
        `ports of docker_gwbridge: ${ports.map(({name}) => name).join(', ')}`,
      ],
      cause:
        "frames between two ports of a bridge are not shown to iptables, so Docker's rule that keeps the containers on docker_gwbridge apart has no effect",
      remedy: [
        {
          command: 'sysctl -w net.bridge.bridge-nf-call-iptables=1',
          touches: 'all bridges in this namespace: their frames pass the FORWARD rules then',
        },
      ],
      basis: 'one-host',
      at: {host: host.name, netns: '@host', device: 'docker_gwbridge'},
    });
    return undefined;
  },
});
