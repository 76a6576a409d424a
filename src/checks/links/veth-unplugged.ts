import {advised} from '../../findings/advice.js';
import type {Link} from '../../model/facts.js';
import {inNamespace} from '../../topology/in-namespace.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';
import {linkLine, ownerOf} from '../words.js';

/** A port of an overlay sandbox that is in no bridge: the endpoint behind it is cut off. */
export const vethUnplugged = defineCheck({
  name: 'veth-unplugged',
  codes: ['veth-not-in-bridge'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      for (const sandbox of sandboxes) {
        for (const link of unplugged(sandbox)) {
          const owner = ownerOf(host, sandbox, link);
          report.found({
            code: 'veth-not-in-bridge',
            severity: 'error',
            host: host.name,
            network: network.name,
            subject: owner ?? `${link.name} in ${sandbox.namespace.file}`,
            evidence: [`${sandbox.namespace.file}: ${linkLine(link)}`],
            cause: `${link.name}, which leads to ${owner ?? 'an endpoint'}, is a port of no bridge: nothing that ${owner ?? 'it'} sends or is sent gets through`,
            ...advised([
              {
                command: inNamespace(
                  host.model,
                  sandbox.namespace.file,
                  'ip link set',
                  link.name,
                  'master',
                  bridgeOf(sandbox) ?? 'BRIDGE',
                ),
                touches: `the membership of ${link.name} in this sandbox`,
              },
            ]),
            basis: 'one-host',
            at: {host: host.name, network: network.id, netns: sandbox.namespace.file, device: link.name},
          });
        }
      }
    }
    return undefined;
  },
});

function unplugged({namespace}: Sandbox): Link[] {
  return (namespace.tables?.links ?? []).filter(({kind, master}) => kind === 'veth' && master === undefined);
}

/** The bridge to put it back into, where there is just one. */
function bridgeOf({namespace}: Sandbox): string | undefined {
  const bridges = (namespace.tables?.links ?? []).filter(({kind}) => kind === 'bridge');
  return bridges.length === 1 ? bridges[0]?.name : undefined;
}
