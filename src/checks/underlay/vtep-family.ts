import {isIPv4} from 'node:net';
import {named, sh} from '../../base/command.js';
import {ipVersion} from '../../base/ip-version.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest} from '../check.js';

interface Here {
  id: string;
  name: string;
  /** One VTEP of each IP version that this host has on the network, its own among them. */
  four?: string;
  six?: string;
}

/** Nodes of one network whose VTEPs are of different IP versions: a vxlan device sends over one of them only. */
export const vtepFamily = defineCheck<Here[]>({
  name: 'vtep-family',
  codes: ['vtep-family-mixed'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost: familiesOf,
  across(hosts, report) {
    for (const [id, {name, four, six}] of byNetwork(hosts)) {
      if (four.length === 0 || six.length === 0) continue;
      report.found({
        code: 'vtep-family-mixed',
        severity: 'error',
        host: null,
        network: name,
        subject: name,
        evidence: [...four.slice(0, 3), ...six.slice(0, 3)].map((one) => `VTEP by ${one}`),
        cause: `some nodes of ${name} have an IPv4 VTEP and others an IPv6 one: a node sends over one IP version only, so nothing passes between the two groups, while names resolve`,
        check: look(sh`docker network inspect --verbose ${named(name)}`, 'the Host IP of each task'),
        fix: fixByOthers(
          'the administrator of the swarm',
          'let the nodes of one group leave and join again with --advertise-addr or --data-path-addr of the IP version of the others',
        ),
        basis: hosts.length > 1 ? 'several-hosts' : 'one-host',
        at: {networkId: id},
      });
    }
  },
});

interface Families {
  name: string;
  four: string[];
  six: string[];
}

function byNetwork(hosts: HostDigest<Here[]>[]): Map<string, Families> {
  const networks = new Map<string, Families>();
  for (const {name: host, digest} of hosts)
    for (const {id, name, four, six} of digest) {
      const known = networks.get(id) ?? {name, four: [], six: []};
      if (four !== undefined) known.four.push(`${host}: ${four}`);
      if (six !== undefined) known.six.push(`${host}: ${six}`);
      networks.set(id, known);
    }
  return networks;
}

function familiesOf({overlays, tunnels, vtep}: KnownHost): Here[] {
  return overlays.map(({network: {id, name}}) => {
    const all = [
      ...(vtep === undefined ? [] : [vtep.address]),
      ...tunnels.filter(({network}) => network.id === id).flatMap(({vteps}) => vteps),
    ];
    const [four, six] = [all.find((one) => isIPv4(one)), all.find((one) => ipVersion(one) === 6)];
    return {id, name, ...(four === undefined ? {} : {four}), ...(six === undefined ? {} : {six})};
  });
}
