import {advised} from '../../findings/advice.js';
import {isServed, nameServiceSteps} from '../../services/name-service.js';
import {chainOn} from '../../services/step.js';
import {inNamespace} from '../../topology/in-namespace.js';
import {defineCheck} from '../check.js';

const codes = ['dns-rules-missing', 'dns-listener-missing'] as const;

/** In each container: the rules by which its questions for names reach the engine, and the engine's own socket there. */
export const nameService = defineCheck({
  name: 'name-service',
  codes,
  perHost(host, report) {
    const undecided: string[] = [];
    for (const {kind, containers, namespace} of host.sandboxes) {
      const [owner] = containers;
      if (kind !== 'container' || !owner || !namespace.tables || !isServed(host.model, owner)) continue;
      const chain = chainOn(host.model);
      nameServiceSteps(chain, host.model, namespace, owner.name);
      const last = chain.steps.at(-1);
      if (last?.verdict === 'unknown') undecided.push(owner.name);
      const code = codes.find((one) => one === last?.code);
      if (last?.verdict !== 'fail' || code === undefined) continue;
      report.found({
        code,
        severity: 'error',
        host: host.name,
        network: null,
        subject: owner.name,
        evidence: [...chain.steps.flatMap(({evidence}) => evidence), last.summary].slice(0, 8),
        cause: `${last.cause}: ${containers.map(({name}) => name).join(' and ')} can resolve no name, not even those of the world`,
        ...advised([
          {
            command: `docker restart ${owner.name}`,
            touches: `${owner.name}: it stops and starts again, and its namespace is made anew`,
          },
          {command: inNamespace(host.model, namespace.file, 'iptables-save -c -t nat'), touches: 'nothing'},
        ]),
        basis: 'one-host',
        at: {host: host.name, netns: namespace.file},
      });
    }
    if (undecided.length > 0) {
      report.notChecked({
        host: host.name,
        network: null,
        why: `whether names can be asked for in ${undecided.slice(0, 5).join(', ')}${undecided.length > 5 ? ` and ${undecided.length - 5} more` : ''}: the rules there were not read, or are not understood`,
        add: 'Read the host as root, with iptables and nft there',
      });
    }
    return undefined;
  },
});
