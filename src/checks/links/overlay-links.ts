import type {CheckCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import {inNamespace} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';
import {linkLine, ownerOf} from '../words.js';

/** The devices of an overlay sandbox: each bridge up with its vxlan device, each port up. */
export const overlayLinks = defineCheck({
  name: 'overlay-links',
  codes: ['bridge-down', 'vxlan-down', 'vxlan-not-in-bridge', 'vxlan-missing', 'veth-down'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      for (const sandbox of sandboxes) {
        const {file, tables} = sandbox.namespace;
        if (!tables?.links || tables.partial?.has('addr')) {
          report.notChecked({
            host: host.name,
            network: network.name,
            why: `the devices in ${file} were not read${tables?.links ? ' whole' : ''}`,
            add: 'run it as root on that host',
          });
          continue;
        }
        for (const finding of troubles(host, network, sandbox, tables.links)) report.found(finding);
      }
    }
    return undefined;
  },
});

function troubles(host: KnownHost, network: Network, sandbox: Sandbox, links: Link[]): Finding[] {
  const {file} = sandbox.namespace;
  const found = (
    code: CheckCode,
    link: Link,
    subject: string,
    cause: string,
    remedy: Finding['remedy'],
    severity: Finding['severity'] = 'error',
  ): Finding => ({
    code,
    severity,
    host: host.name,
    network: network.name,
    subject,
    evidence: [`${file}: ${linkLine(link)}`],
    cause,
    remedy,
    basis: 'one-host',
    at: {
      host: host.name,
      network: network.id,
      netns: file,
      ...(code === 'veth-down' ? {device: link.name} : {}),
    },
  });
  const setUp = ({name}: Link) => ({
    command: inNamespace(host.model, file, 'ip link set', name, 'up'),
    touches: `${name} in this sandbox`,
  });
  return links.flatMap((link): Finding[] => {
    const {kind, name, master, vxlan} = link;
    const at = `${name} in ${file}`;
    if (kind === 'bridge') {
      if (isDown(link)) {
        return [
          found(
            'bridge-down',
            link,
            at,
            `${name} is down, and a bridge that is down forwards nothing: no endpoint here reaches any other on this subnet`,
            [setUp(link)],
          ),
        ];
      }
      return lacksTunnel(link, links, network)
        ? [
            found(
              'vxlan-missing',
              link,
              at,
              `${name} has no vxlan device: endpoints here are cut off from those of other hosts`,
              [
                {
                  command: `docker service update --force SERVICE, or move every task and container of ${network.name} off this host and back`,
                  touches: `the endpoints of ${network.name} on this host; with the last of them the sandbox goes, and it is built anew`,
                },
              ],
            ),
          ]
        : [];
    }
    if (vxlan && !vxlan.external) {
      const down = isDown(link)
        ? [
            found(
              'vxlan-down',
              link,
              at,
              `${name} is down: nothing passes to other hosts or from them, and its neighbour rows went with it`,
              [
                setUp(link),
                {
                  command: `ovdiag fdb ${network.name}`,
                  touches: 'nothing; shows which neighbour rows must be made again once it is up',
                },
              ],
            ),
          ]
        : [];
      const loose =
        master === undefined
          ? [
              found(
                'vxlan-not-in-bridge',
                link,
                at,
                `${name} is a port of no bridge: the endpoints here reach each other, and nobody on other hosts`,
                [
                  {
                    command: inNamespace(
                      host.model,
                      file,
                      'ip link set',
                      name,
                      'master',
                      bridgeFor(links) ?? 'BRIDGE',
                    ),
                    touches: `the membership of ${name} in this sandbox`,
                  },
                ],
              ),
            ]
          : [];
      return [...down, ...loose];
    }
    if (kind === 'veth' && isDown(link)) {
      const owner = ownerOf(host, sandbox, link);
      return [
        found(
          'veth-down',
          link,
          owner ?? at,
          `${name}, the port of ${owner ?? 'an endpoint'}, is down: nothing that it sends or is sent gets through`,
          [setUp(link)],
        ),
      ];
    }
    return [];
  });
}

/**
 * Each bridge is made with a vxlan device for its subnet (moby overlay setupSubnetSandbox). One that was taken out of
 * its bridge is another fault.
 */
function lacksTunnel(bridge: Link, links: Link[], {subnets}: Network): boolean {
  if (subnets.length === 0 || !bridge.addresses?.some(({family}) => family === 'inet')) return false;
  return !links.some(({vxlan, master}) => vxlan && (master === bridge.name || master === undefined));
}

/** The bridge without a vxlan device, where there is just one. */
function bridgeFor(links: Link[]): string | undefined {
  const bare = links.filter(
    ({kind, name}) => kind === 'bridge' && !links.some(({vxlan, master}) => vxlan && master === name),
  );
  return bare.length === 1 ? bare[0]?.name : undefined;
}
