import {type Advice, advised, type Remedy} from '../../findings/advice.js';
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

/** Where a link of an overlay sandbox is. */
interface Around {
  host: KnownHost;
  network: Network;
  sandbox: Sandbox;
  /** All links of the sandbox. */
  links: Link[];
}

function troubles(host: KnownHost, network: Network, sandbox: Sandbox, links: Link[]): Finding[] {
  const around = {host, network, sandbox, links};
  return links.flatMap((link): Finding[] => {
    if (link.kind === 'bridge') return bridgeTroubles(around, link);
    if (link.vxlan && !link.vxlan.external) return tunnelTroubles(around, link);
    return link.kind === 'veth' ? portTroubles(around, link) : [];
  });
}

function found(
  {host, network, sandbox: {namespace}}: Around,
  link: Link,
  fault: {code: CheckCode; subject?: string; cause: string; device?: string} & Advice,
): Finding {
  const {file} = namespace;
  const {code, subject = `${link.name} in ${file}`, cause, check, fix, device} = fault;
  return {
    code,
    severity: 'error',
    host: host.name,
    network: network.name,
    subject,
    evidence: [`${file}: ${linkLine(link)}`],
    cause,
    check,
    fix,
    basis: 'one-host',
    at: {
      host: host.name,
      network: network.id,
      netns: file,
      ...(device === undefined ? {} : {device}),
    },
  };
}

function setUp({host, sandbox: {namespace}}: Around, {name}: Link): Remedy {
  return {
    command: inNamespace(host.model, namespace.file, 'ip link set', name, 'up'),
    touches: `${name} in this sandbox`,
  };
}

function bridgeTroubles(around: Around, link: Link): Finding[] {
  const {network, links} = around;
  const {name} = link;
  if (isDown(link)) {
    return [
      found(around, link, {
        code: 'bridge-down',
        cause: `${name} is down, and a bridge that is down forwards nothing: no endpoint here reaches any other on this subnet`,
        ...advised([setUp(around, link)]),
      }),
    ];
  }
  if (!lacksTunnel(link, links, network)) return [];
  return [
    found(around, link, {
      code: 'vxlan-missing',
      cause: `${name} has no vxlan device: endpoints here are cut off from those of other hosts`,
      ...advised([
        {
          command: `docker service update --force SERVICE, or move every task and container of ${network.name} off this host and back`,
          touches: `the endpoints of ${network.name} on this host; with the last of them the sandbox goes, and it is built anew`,
        },
      ]),
    }),
  ];
}

function tunnelTroubles(around: Around, link: Link): Finding[] {
  const {host, network, sandbox, links} = around;
  const {name, master} = link;
  const all: Finding[] = [];
  if (isDown(link)) {
    all.push(
      found(around, link, {
        code: 'vxlan-down',
        cause: `${name} is down: nothing passes to other hosts or from them, and its neighbour rows went with it`,
        ...advised([
          setUp(around, link),
          {
            command: `ovdiag fdb ${network.name}`,
            touches: 'nothing; shows which neighbour rows must be made again once it is up',
          },
        ]),
      }),
    );
  }
  if (master === undefined) {
    const {file} = sandbox.namespace;
    const bridge = bridgeFor(links) ?? 'BRIDGE';
    all.push(
      found(around, link, {
        code: 'vxlan-not-in-bridge',
        cause: `${name} is a port of no bridge: the endpoints here reach each other, and nobody on other hosts`,
        ...advised([
          {
            command: inNamespace(host.model, file, 'ip link set', name, 'master', bridge),
            touches: `the membership of ${name} in this sandbox`,
          },
        ]),
      }),
    );
  }
  return all;
}

function portTroubles(around: Around, link: Link): Finding[] {
  if (!isDown(link)) return [];
  const {host, sandbox} = around;
  const owner = ownerOf(host, sandbox, link);
  return [
    found(around, link, {
      code: 'veth-down',
      ...(owner === undefined ? {} : {subject: owner}),
      cause: `${link.name}, the port of ${owner ?? 'an endpoint'}, is down: nothing that it sends or is sent gets through`,
      ...advised([setUp(around, link)]),
      device: link.name,
    }),
  ];
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
