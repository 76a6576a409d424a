import {type Command, device, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Advice, fixBy, look, noFix} from '../../findings/advice.js';
import type {Link} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';
import {linkLine, ownerOf} from '../words.js';

/** A port of an overlay sandbox that is in no bridge: the endpoint behind it is cut off. */
export const vethUnplugged = defineCheck({
  name: 'veth-unplugged',
  codes: ['veth-not-in-bridge'],
  ignores: ['rules', 'files'],
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
            cause: `${link.name}, which leads to ${owner ?? 'an endpoint'}, is not attached to a bridge: no frame to or from ${owner ?? 'it'} passes`,
            ...adviceFor(host, sandbox, link),
            basis: 'one-host',
            at: {host: host.name, networkId: network.id, netns: sandbox.namespace.file, device: link.name},
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

function adviceFor(host: KnownHost, {namespace}: Sandbox, {name}: Link): Advice {
  const inside = (command: Command) => within(host.model, namespace.file, command);
  const bridge = bridgeOf(host, namespace, name);
  return {
    check: look(inside(sh`ip link show ${device(name)}`), 'no "master"'),
    fix:
      bridge === undefined
        ? noFix('not known: which of the bridges of this sandbox it belongs to')
        : fixBy({
            commands: [inside(sh`ip link set ${device(name)} master ${device(bridge)}`)],
            affects: `${name} only`,
          }),
  };
}

/** The bridge to put a port back into: the only one, or that of the subnet in which the other end has its address. */
function bridgeOf(host: KnownHost, {file, tables}: Sandbox['namespace'], name: string): string | undefined {
  const links = tables?.links ?? [];
  const bridges = links.filter(({kind}) => kind === 'bridge');
  if (bridges.length === 1) return bridges[0]?.name;
  const port = links.find((link) => link.name === name);
  const far = port && host.pairs(file, port.ifindex)?.peer?.link.addresses;
  const serving = bridges.filter(({addresses}) =>
    addresses?.some(
      ({family, address, prefixLength}) =>
        family === 'inet' && far?.some((one) => inSubnet(one.address, `${address}/${prefixLength}`)),
    ),
  );
  return serving.length === 1 ? serving[0]?.name : undefined;
}
