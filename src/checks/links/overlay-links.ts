import {type Command, device as deviceWord, sh} from '../../base/command.js';
import {type Advice, type CheckStep, fixBy, look, noFix} from '../../findings/advice.js';
import type {CheckCode} from '../../findings/catalogue.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck} from '../check.js';
import {makeTunnel, wantedTunnel} from '../tunnel-fix.js';
import {linkLine, ownerOf} from '../words.js';

/** The devices of an overlay sandbox: each bridge up with its vxlan device, each port up. */
export const overlayLinks = defineCheck({
  name: 'overlay-links',
  codes: ['bridge-down', 'vxlan-down', 'vxlan-not-in-bridge', 'vxlan-missing', 'veth-down'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      for (const sandbox of sandboxes) {
        const {file, tables} = sandbox.namespace;
        if (!tables?.links || tables.partial?.has('addr')) {
          report.notChecked({
            host: host.name,
            network: network.name,
            reason: `the devices in ${file} were not read${tables?.links ? ' whole' : ''}`,
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
      networkId: network.id,
      netns: file,
      ...(device === undefined ? {} : {device}),
    },
  };
}

function inSandbox({host, sandbox: {namespace}}: Around, command: Command): Command {
  return within(host.model, namespace.file, command);
}

function lookAt(around: Around, {name}: Pick<Link, 'name'>, shows: string): CheckStep[] {
  return look(inSandbox(around, sh`ip -d link show ${deviceWord(name)}`), shows);
}

function setUp(around: Around, {name}: Link): Command {
  return inSandbox(around, sh`ip link set ${deviceWord(name)} up`);
}

function bridgeTroubles(around: Around, link: Link): Finding[] {
  const {network, links} = around;
  const {name} = link;
  if (isDown(link)) {
    return [
      found(around, link, {
        code: 'bridge-down',
        cause: `${name} is down, and a bridge that is down forwards nothing: no endpoint here reaches any other on this subnet`,
        check: lookAt(around, link, 'no UP between < and >'),
        fix: fixBy({commands: [setUp(around, link)], affects: `${name} only, which forwards nothing now`}),
      }),
    ];
  }
  if (!lacksTunnel(link, links, network)) return [];
  return [
    found(around, link, {
      code: 'vxlan-missing',
      cause: `${name} has no vxlan device: endpoints here are cut off from those of other hosts`,
      check: look(inSandbox(around, sh`ip -d link show type vxlan`), `none with "master ${name}"`),
      fix: tunnelFix(around, name),
    }),
  ];
}

function tunnelFix({host, network, sandbox: {namespace}, links}: Around, bridge: string): Advice['fix'] {
  const wanted = wantedTunnel(host, {network, netns: namespace.file, bridge}, links);
  if (!wanted)
    return noFix(
      `not known: which VNI of ${network.name} the device of ${bridge} has; with the last endpoint of the network on this host its sandbox goes, and it is recreated with the next one`,
    );
  return fixBy({
    commands: makeTunnel(host, wanted),
    affects: `${wanted.name} of ${network.name} on this host, made as Docker makes it`,
  });
}

function tunnelTroubles(around: Around, link: Link): Finding[] {
  const {network, links} = around;
  const {name, master} = link;
  const all: Finding[] = [];
  if (isDown(link)) {
    all.push(
      found(around, link, {
        code: 'vxlan-down',
        cause: `${name} is down: nothing passes to other hosts or from them, and its neighbour entries are gone`,
        check: [
          ...lookAt(around, link, 'no UP between < and >'),
          ...look(inSandbox(around, sh`ip neigh show dev ${deviceWord(name)}`), 'no entries'),
        ],
        fix: fixBy({
          commands: [setUp(around, link)],
          affects: `${name} of ${network.name} on this host, which carries nothing now`,
        }),
      }),
    );
  }
  if (!isDown(link) && link.protoDown === true) {
    all.push(
      found(around, link, {
        code: 'vxlan-down',
        cause: `${name} is held without carrier (proto_down): nothing passes to other hosts or from them`,
        check: lookAt(around, link, 'protodown on'),
        fix: fixBy({
          commands: [inSandbox(around, sh`ip link set ${deviceWord(name)} protodown off`)],
          affects: `${name} of ${network.name} on this host, which carries nothing now`,
        }),
      }),
    );
  }
  if (master === undefined) {
    const bridge = bridgeFor(links);
    all.push(
      found(around, link, {
        code: 'vxlan-not-in-bridge',
        cause: `${name} is not attached to a bridge: endpoints on this host reach each other, and none on other hosts`,
        check: lookAt(around, link, 'no "master"'),
        fix:
          bridge === undefined
            ? noFix('not known: which of the bridges of this sandbox it belongs to')
            : fixBy({
                commands: [
                  inSandbox(around, sh`ip link set ${deviceWord(name)} master ${deviceWord(bridge)}`),
                ],
                affects: `${name} only`,
              }),
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
      check: lookAt(around, link, 'no UP between < and >'),
      fix: fixBy({commands: [setUp(around, link)], affects: `${link.name} only`}),
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
