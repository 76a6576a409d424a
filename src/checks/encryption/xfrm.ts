import {line, named, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import type {Finding, Scope} from '../../findings/finding.js';
import type {Network} from '../../model/docker-types.js';
import {atLeast, engineVersion} from '../../model/engine-version.js';
import type {HostModel} from '../../model/host.js';
import {xfrmCounters} from '../../model/proc/counters.js';
import {
  type DockerXfrm,
  dockerXfrm,
  encryptedVnis,
  type Sealing,
  sealing,
  spiText,
} from '../../services/encryption.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {distinct} from '../words.js';

/** Docker's states by peer: `ADDRESS SPI SPI …`, packed because every node has some of every other. */
interface Digest {
  out: string[];
  in: string[];
  /** A container whose restart has the engine add states. */
  member?: string;
}

/** How many keys an engine has at a time, with a state in for each. */
const keyCount = 3;

/** Three keys are kept and the newest but one is used, each for 12 hours: sets this far apart have one in common. */
const comparableMs = 60 * 60 * 1000;

/** IPsec of encrypted overlays: states that policies ask for, and keys that both ends have. */
export const xfrm = defineCheck<Digest>({
  name: 'xfrm',
  codes: ['xfrm-state-missing', 'xfrm-spi-mismatch'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    const encrypted = encryptedVnis(host.overlays).filter(({vteps}) => vteps.length > 0);
    if (encrypted.length === 0) return undefined;
    const kept = dockerXfrm(host.model);
    if (!kept) {
      report.notChecked({
        host: host.name,
        network: encrypted[0]?.network.name ?? null,
        reason: 'the states and policies of IPsec were not read, or the kernel has none of it',
        add: `Read ${host.name} as root; by hand: ip xfrm policy; ip xfrm state list nokeys`,
      });
      return undefined;
    }
    const unsealed = unsealedVteps(kept, encrypted);
    if (kept.states.length === 0) withoutStates(host, report, unsealed);
    else for (const one of unsealed) stateMissing(host, report, kept, one);
    const own = host.vtep?.address;
    if (own === undefined) return undefined;
    const packed = (end: 'src' | 'dst', other: 'src' | 'dst') =>
      pack(
        kept.states
          .filter((state) => state[end] === own)
          .map((state) => ({peer: state[other], spi: state.spi})),
      );
    const member = memberOf(
      host.model,
      encrypted.map(({network}) => network),
    );
    return {out: packed('src', 'dst'), in: packed('dst', 'src'), ...(member === undefined ? {} : {member})};
  },
  across(hosts, report) {
    const byVtep = new Map(hosts.flatMap((host) => (host.vtep ? [[host.vtep, host] as const] : [])));
    for (const sender of hosts) {
      for (const [vtep, spis] of unpack(sender.digest.out)) {
        const receiver = byVtep.get(vtep);
        if (receiver && receiver !== sender) compare(sender, receiver, spis, report);
      }
    }
  },
});

/** A VTEP to or from which packets are to be encrypted and can't be, for want of a state. */
interface Unsealed extends Omit<Sealing, 'in'> {
  vtep: string;
  /** Encrypted networks with endpoints there. */
  networks: Network[];
}

function unsealedVteps(kept: DockerXfrm, encrypted: ReturnType<typeof encryptedVnis>): Unsealed[] {
  return distinct(encrypted.flatMap((one) => one.vteps)).flatMap((vtep) => {
    const sealed = sealing(kept, {to: vtep});
    if (!sealed || (sealed.out && sealed.in)) return [];
    const {policy, template, out} = sealed;
    const networks = encrypted.filter((one) => one.vteps.includes(vtep)).map(({network}) => network);
    return [{vtep, policy, template, out, networks: distinct(networks)}];
  });
}

function evidenceOf({policy, template}: Unsealed): string[] {
  return [
    policy.text,
    `tmpl src ${template.src} dst ${template.dst} proto ${template.protocol} spi ${spiText(template.spi)} reqid ${template.reqid}`,
  ];
}

/** The one cause of a host's lack of every state. */
function withoutStates(host: KnownHost, report: Report, unsealed: Unsealed[]): void {
  const [first, ...others] = unsealed;
  if (!first) return;
  const networks = distinct(unsealed.flatMap((one) => one.networks));
  const lost = xfrmCounter(host.model, 'XfrmOutNoStates');
  report.found({
    ...common(host, networks),
    subject: 'IPsec states',
    evidence: [
      ...evidenceOf(first),
      "states of Docker's on this host: none",
      ...(lost === undefined ? [] : [`XfrmOutNoStates = ${lost}`]),
      ...others.slice(0, 5).flatMap(evidenceOf),
    ],
    cause: `packets of ${namesOf(networks)} to other nodes are encrypted, and this host has no IPsec state at all: they are dropped. They were deleted (ip xfrm state flush, the start of another IPsec program), or the kernel lacks ESP or AES-GCM (modules esp4, xfrm_user, gcm, rfc4106)`,
    fix: statesFix(
      memberOf(host.model, networks),
      'If they are missing again afterwards, the kernel lacks ESP or AES-GCM: boot one that has them, or load the modules (modprobe -a esp4 xfrm_user rfc4106)',
    ),
    at: {
      ...placeOf(host, networks),
      ...(others.length === 0 ? {vtep: first.vtep} : {}),
    },
  });
}

function stateMissing(host: KnownHost, report: Report, {states}: DockerXfrm, one: Unsealed): void {
  const {vtep, template, networks, out} = one;
  const outward = !out;
  const [from, to] = outward ? [template.src, template.dst] : [template.dst, template.src];
  const similar = states.filter(({src, dst}) => src === from && dst === to).map(({spi}) => spiText(spi));
  const counter = outward ? 'XfrmOutNoStates' : 'XfrmInNoStates';
  const lost = xfrmCounter(host.model, counter);
  report.found({
    ...common(host, networks),
    subject: outward ? `VTEP ${vtep}` : `from VTEP ${vtep}`,
    evidence: [
      ...evidenceOf(one),
      `states ${from} → ${to}: ${similar.length === 0 ? 'none' : similar.join(', ')}; of Docker's on this host: ${states.length}`,
      ...(lost === undefined ? [] : [`${counter} = ${lost}`]),
    ],
    cause: `packets of ${namesOf(networks)} ${outward ? 'to' : 'from'} ${vtep} are encrypted, and there is no state with the key for it: they are dropped. The engine created or kept only one of the two`,
    fix: statesFix(memberOf(host.model, networks), 'Only the engine has the keys'),
    at: {...placeOf(host, networks), vtep},
  });
}

const namesOf = (networks: readonly Network[]) => networks.map(({name}) => name).join(', ');

function placeOf({name}: KnownHost, networks: readonly Network[]): Scope {
  const [one] = networks;
  return {host: name, ...(one && networks.length === 1 ? {networkId: one.id} : {}), netns: '@host'};
}

/** What every lack of a state has in common. */
function common({name}: KnownHost, networks: readonly Network[]) {
  const [one] = networks;
  return {
    code: 'xfrm-state-missing',
    severity: 'error',
    host: name,
    network: one && networks.length === 1 ? one.name : null,
    check: [
      ...look(line('ip xfrm state list nokeys')),
      ...look(line('journalctl -u docker | grep -i xfrm'), 'why the engine could not add a state'),
    ],
    basis: 'one-host',
    // The packets are refused in the host's namespace, and counted in the sandboxes.
    reach: networks.map(({id}) => ({host: name, networkId: id})),
  } satisfies Partial<Finding>;
}

/**
 * A container of these networks, no task where there is another. An engine before 28 adds its states whenever one joins (moby
 * encryption.go, checkEncryption, tried with 20.10); later ones count who needs them, and add them for the first.
 */
function memberOf({docker}: HostModel, networks: readonly Network[]): string | undefined {
  const version = engineVersion(docker?.engine.version);
  if (version === undefined || atLeast(version, '28.0')) return undefined;
  const ids = new Set(networks.map(({id}) => id));
  const members = (docker?.containers ?? []).filter(
    ({running, endpoints}) => running && endpoints.some(({networkId}) => ids.has(networkId)),
  );
  return (members.find(({task}) => !task) ?? members[0])?.name;
}

function statesFix(member: string | undefined, otherwise: string, host?: string): Fix {
  return fixBy({
    ...(host === undefined ? {} : {host}),
    commands: [member === undefined ? line('systemctl restart docker') : sh`docker restart ${named(member)}`],
    affects:
      member === undefined
        ? `every container of ${host ?? 'the host'}. ${otherwise}`
        : `that container: when it joins its network again, the engine adds the states. ${otherwise}`,
  });
}

function xfrmCounter({host}: HostModel, name: string): number | undefined {
  return xfrmCounters(host?.proc)?.get(name);
}

function compare(
  sender: HostDigest<Digest>,
  receiver: HostDigest<Digest>,
  spis: string[],
  report: Report,
): void {
  const known = new Map(unpack(receiver.digest.in)).get(sender.vtep ?? '') ?? [];
  // A receiver without any state is a finding of its own.
  if (receiver.digest.in.length === 0 && receiver.digest.out.length === 0) return;
  if (spis.some((spi) => known.includes(spi))) return;
  const apart = Math.abs(Date.parse(sender.startedAt) - Date.parse(receiver.startedAt));
  if (apart > comparableMs) {
    report.notChecked({
      host: sender.name,
      network: null,
      reason: `the keys of ${sender.name} and ${receiver.name} differ, but the two were read ${Math.round(apart / 60_000)} minutes apart, and keys change every 12 hours`,
      add: 'Snapshots of both within an hour',
    });
    return;
  }
  report.found({
    code: 'xfrm-spi-mismatch',
    severity: 'error',
    host: null,
    network: null,
    subject: `${sender.name} → ${receiver.name}`,
    evidence: [
      `${sender.name}: states ${sender.vtep} → ${receiver.vtep} have SPI ${spis.join(', ')}`,
      `${receiver.name}: states ${sender.vtep} → ${receiver.vtep} have SPI ${known.length === 0 ? 'none' : known.join(', ')}`,
    ],
    cause: `packets that ${sender.name} encrypts for ${receiver.name} have an SPI for which ${receiver.name} has no state: it drops every packet of encrypted overlays from there`,
    check: look(
      line("docker version -f '{{.Server.Version}}'"),
      'engines 28.2.2, 29.0.0 to 29.2.0, 25.0.13 and 25.0.14 compute other SPIs than all others',
    ),
    fix: statesFix(
      // An engine that has missed a change of keys has as many as any other.
      known.length < keyCount ? receiver.digest.member : undefined,
      'Only the engine has the keys. Engines that compute other SPIs must be of one version',
      receiver.name,
    ),
    basis: 'several-hosts',
    at: {vtep: receiver.vtep ?? ''},
    // Its kernel counts what it has no key for.
    reach: [{host: receiver.name}],
  });
}

function pack(states: {peer: string; spi: number}[]): string[] {
  const byPeer = new Map<string, string[]>();
  for (const {peer, spi} of states) byPeer.set(peer, [...(byPeer.get(peer) ?? []), spiText(spi)]);
  return [...byPeer].map(([peer, spis]) => [peer, ...spis].join(' '));
}

function unpack(packed: string[]): [string, string[]][] {
  return packed.map((line) => {
    const [peer = '', ...spis] = line.split(' ');
    return [peer, spis];
  });
}
