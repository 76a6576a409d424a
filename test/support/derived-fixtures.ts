/**
 * The hosts of fixtures/derived: the healthy swarm of fixtures/recorded, put on a kernel that has IPVS and ESP, and with
 * one fault at a time that no lab of ours can make. `npm run derive` writes them.
 */
import type {HostEvidence, Snapshot} from '../../src/snapshot/snapshot.js';
import {sendMore, setAges, tenSecondsOn} from './ages.js';
import {addBalancers, setKeepalive} from './balanced.js';
import {expiring} from './certificates.js';
import {addCertificate, addRefusedTask, refusals, setVersions} from './engines.js';
import {type Change, derived, fixtureEvidence, fixtureSnapshot, later, overlayOf} from './evidence.js';
import {neighbourLimits, setNeighbours} from './kernel-limits.js';
import {addStates, primaryTags, vteps} from './sealed.js';
import {keepServices, keptNetworks} from './services-only.js';

type Node = keyof typeof vteps;
/** Folder of a recording of the healthy swarm. */
type Swarm = keyof typeof primaryTags;

/** One folder of fixtures/derived. */
export interface DerivedFixture {
  /** The code that is found first, or `healthy…` where nothing is. */
  name: string;
  /** What was changed, as a cell of a table. */
  change: string;
  /** What says that it looks like this. */
  source: string;
  /** Names of the files without their ending, and the evidence in each. */
  files: () => Map<string, HostEvidence>;
  /** Recordings that the files come from, in their order. */
  recordings: readonly string[];
}

const none: Change = () => {};

/** A node of a recorded swarm, had its kernel had IPVS and ESP. */
function healthy(name: Node, swarm: Swarm): HostEvidence {
  return derived(fixtureEvidence(`${swarm}/${name}`), (draft) => {
    addBalancers(draft);
    addStates(draft, {...ends(name), tag: primaryTags[swarm]});
    setKeepalive(draft, 600);
  });
}

/** What matters of such a node, with a change. */
function node(name: Node, change: Change = none, swarm: Swarm = 'recorded'): HostEvidence {
  return derived(healthy(name, swarm), (draft) => {
    keepServices(draft);
    change(draft);
  });
}

/** The VTEPs of a node and of the other one. */
function ends(name: Node): {own: string; other: string} {
  return {own: vteps[name], other: vteps[name === 'node1' ? 'node2' : 'node1']};
}

/** A fault that one reading of node1 shows. */
const onNode1 = (
  name: string,
  apply: Change,
  change: string,
  source: string,
  swarm: Swarm = 'recorded',
): DerivedFixture => ({
  name,
  change,
  source,
  files: () => new Map([['node1', node('node1', apply, swarm)]]),
  recordings: [`${swarm}/node1`],
});

/** A fault that two readings of node1 show, ten seconds apart. */
const moved = (
  name: string,
  [before, after]: readonly [Change, Change],
  change: string,
  source: string,
): DerivedFixture => ({
  name,
  change,
  source,
  files: () =>
    new Map([
      ['node1-first', node('node1', before)],
      ['node1-second', later(node('node1', after), 10)],
    ]),
  recordings: ['recorded/node1', 'recorded/node1'],
});

/** Both nodes of a swarm by their names. */
const pair = (swarm: Swarm, of: (name: Node) => HostEvidence) => ({
  files: () => new Map((['node1', 'node2'] as const).map((name) => [name, of(name)])),
  recordings: [`${swarm}/node1`, `${swarm}/node2`],
});

const service = 'moby daemon/libnetwork/service_linux.go';
const ipvs = 'kernel net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_info_seq_show)';
const encryption = 'moby daemon/libnetwork/drivers/overlay/encryption.go';

const wholeSource = `${service} (addLBBackend, programIngress), ${ipvs}; ${encryption} (buildSPI, programSA)`;

export const derivedFixtures: readonly DerivedFixture[] = [
  {
    name: 'healthy',
    change:
      'none: every service has its load balancer with all tasks, port 8080 its rules, and both hosts their ESP states',
    source: wholeSource,
    ...pair('recorded', (name) => healthy(name, 'recorded')),
  },
  {
    name: 'healthy-28.5.2',
    change: 'none, with engine 28.5.2',
    source: wholeSource,
    ...pair('recorded/engine-28.5.2', (name) => healthy(name, 'recorded/engine-28.5.2')),
  },
  onNode1(
    'engine-versions-mixed',
    (draft) => setVersions(draft, '20.10.24+dfsg1', {node1: '20.10.24+dfsg1', node2: '29.1.3'}),
    'the manager lists node2 with engine 29.1.3',
    `${encryption} (buildSPI), https://github.com/moby/moby/issues/51798`,
  ),
  onNode1(
    'engine-fdb-bug',
    (draft) => setVersions(draft, '28.2.0', {node1: '28.2.0', node2: '28.2.0'}),
    'both engines report version 28.2.0',
    'https://github.com/moby/moby/pull/50169',
    'recorded/engine-28.5.2',
  ),
  onNode1(
    'vxlan-unsupported',
    (draft) => addRefusedTask(draft, refusals['vxlan-unsupported']),
    'a third node, node3, that rejected a task of uber-net',
    'moby daemon/libnetwork/drivers/overlay/ov_utils.go (createVxlan)',
  ),
  onNode1(
    'encryption-unsupported',
    (draft) => addRefusedTask(draft, refusals['encryption-unsupported']),
    'a third node, node3, that rejected a task of secret-net',
    'moby daemon/libnetwork/drivers/overlay/joinleave.go (Join)',
  ),
  onNode1(
    'certificate-expiring',
    (draft) => addCertificate(draft, expiring),
    "the node's certificate is valid from 2000 to 2029",
    'moby swarmkit ca/certificates.go (calculateRandomExpiry)',
  ),
  onNode1(
    'neighbour-table-full',
    (draft) => {
      neighbourLimits([128, 512, 1024], 1000, 0)(draft);
      setNeighbours(draft, 1000, 'STALE');
    },
    "default limits (128, 512, 1024), and 1000 neighbour entries instead of the host's own",
    'kernel net/core/neighbour.c (neigh_alloc, neigh_stat_seq_show)',
  ),
  moved(
    'one-way-traffic',
    [(draft) => sendOn(draft), (draft) => sendOn(draft, true)],
    'the FDB entry of web2 used just now and updated 100 s ago, in both readings; 10 packets more are sent',
    'kernel drivers/net/vxlan/vxlan_core.c (vxlan_snoop, vxlan_find_mac)',
  ),
];

/** Node1 sends to web2 and hears nothing, in the first of two readings or in the second. */
function sendOn(draft: HostEvidence, second = false): void {
  const {file} = overlayOf(draft, 'uber-net');
  setAges(draft, file, '02:42:0a:00:01:09', {used: 0, updated: 100});
  if (!second) return;
  tenSecondsOn(draft);
  sendMore(draft, file, 'vxlan0', 10);
}

/** All files by their paths below fixtures/derived without `.json.gz`. They keep the times and the version of their recording. */
export function derivedSnapshots(): Map<string, Snapshot> {
  return new Map(
    derivedFixtures.flatMap(({name, files, recordings: sources}) =>
      [...files()].map(([file, host], index): [string, Snapshot] => [
        `${name}/${file}`,
        {...fixtureSnapshot(sources[index] ?? ''), hosts: [host]},
      ]),
    ),
  );
}

export function derivedReadme(): string {
  const rows = derivedFixtures.flatMap(({name, change, source, files, recordings: sources}) =>
    [...files().keys()].map((file, index) => {
      const recording = `${sources[index]}.json.gz`;
      return `| \`${name}/${file}.json.gz\` | [${recording}](../${recording}) | ${index === 0 ? `${change} | ${source}` : '↑ | ↑'} |`;
    }),
  );
  return `# Generated snapshots

\`npm run derive\` generates these from recordings (\`test/support/derived-fixtures.ts\`); no such host was ever read. The kernel of
these recordings has neither IPVS nor ESP. These files follow the cited sources and prove nothing about
real kernels and engines; real recordings are in [../recorded](../recorded/README.md), those of a
kernel with both in [../recorded/full](../recorded/full/README.md). Each directory is named after the one code that
\`ovdiag doctor\` must find in it; in the healthy ones it must find nothing.

Added to all of them:

- IPVS load balancers with VIPs and rules, and the rules of published ports, by \`test/support/balanced.ts\`. They are in the output of
  \`iptables-save\`, not of \`nft\`
- ESP states for the other node, by \`test/support/sealed.ts\`, with SPIs calculated as in the engine. The key in use matches the SPIs of
  the recorded policies; the two other keys are invented
- \`net.ipv4.tcp_keepalive_time\` 600 in containers, which was not recorded

The healthy ones are complete. The others lack sandboxes of networks other than ${keptNetworks.slice(0, -1).join(', ')} and
${keptNetworks.at(-1)}, those of containers other than web1 and web2, and \`/proc\` of overlay sandboxes.

\`nftables-29.8.json\` is what nft lists of rules written after moby's drivers/bridge/internal/nftabler and
drivers/overlay/encryption_nft_linux.go: \`test/checks/healthy-29.test.ts\` puts it into the healthy hosts, with other forms of 29.8.

| file | recording | other changes | source |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
