import {line} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {inTable} from '../../kernel/printed-rule.js';
import {setting} from '../../model/proc/settings.js';
import {rulesKnown} from '../../model/rules/known.js';
import {does, isForInterface, rulesOf} from '../../model/rules/questions.js';
import type {Rule} from '../../model/rules/rule.js';
import {defineCheck} from '../check.js';

const path = 'bridge/bridge-nf-call-iptables';
const bridge = 'docker_gwbridge';

/** Docker's rule between the ports of docker_gwbridge (moby libnetwork bridge driver, enable_icc=false). */
function isIsolation(rule: Rule): boolean {
  return (
    rule.chain.table === 'filter' &&
    does(rule, 'drop') &&
    isForInterface(rule, 'in', bridge) &&
    isForInterface(rule, 'out', bridge)
  );
}

/** A rule between the ports of a bridge that no packet is shown to. */
export const bridgeNetfilter = defineCheck({
  name: 'bridge-netfilter',
  codes: ['bridge-netfilter-off'],
  perHost(host, report) {
    const tables = host.model.host;
    if (setting(tables?.proc, path) !== 0) return undefined;
    const rule = rulesOf(rulesKnown(tables)).find(isIsolation);
    const ports = (tables?.links ?? []).filter(({master}) => master === bridge);
    if (!rule || ports.length < 2) return undefined;
    report.found({
      code: 'bridge-netfilter-off',
      severity: 'info',
      host: host.name,
      network: 'docker_gwbridge',
      subject: 'docker_gwbridge',
      evidence: [
        'net.bridge.bridge-nf-call-iptables = 0',
        inTable(rule),
        `ports of docker_gwbridge: ${ports.map(({name}) => name).join(', ')}`,
      ],
      cause:
        "bridged frames do not pass iptables, so Docker's rule that isolates the containers on docker_gwbridge has no effect",
      check: look(line('sysctl net.bridge.bridge-nf-call-iptables'), '0'),
      fix: fixBy({
        commands: [line('sysctl -w net.bridge.bridge-nf-call-iptables=1')],
        undo: [line('sysctl -w net.bridge.bridge-nf-call-iptables=0')],
        affects:
          'all bridges in this namespace, until the next boot: their frames then pass the FORWARD rules',
      }),
      basis: 'one-host',
      at: {host: host.name, netns: '@host', device: 'docker_gwbridge'},
    });
    return undefined;
  },
});
