import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  derived,
  dropSections,
  editAnswers,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {examine, fixOf, unexpected} from '../support.js';

const codes = ['namespace-dead', 'namespace-orphan', 'network-two-epochs', 'network-id-mismatch'];
const named = (findings: Finding[]) =>
  findings
    .filter(({code}) => codes.includes(code))
    .map(({code, severity, host, subject}) => `${code} ${severity} ${host} ${subject}`);

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {id, file} = overlayOf(node1, 'uber-net');
const answer = node1.docker.answers.find(({body}) => (body as Raw)?.Name === '/web1')?.body as Raw;
const web1 = answer.NetworkSettings.SandboxKey.split('/').at(-1) as string;

/** The same host with one more file in its namespace directory: a namespace, or a plain file of long ago. */
function withFile(evidence: HostEvidence, name: string, kind: 'live' | 'plain'): HostEvidence {
  return derived(evidence, (draft) => {
    const listing = sectionOf(draft, undefined, 'files');
    const line = listing.output.split('\n').find((row) => row.endsWith(`/${file}`)) ?? '';
    const [device, , ...rest] = line.replace(file, name).split(' ');
    listing.output +=
      kind === 'live'
        ? `${[device, '4026999999', ...rest].join(' ')}\n`
        : `1a 77 644 0 1000000 /var/run/docker/netns/${name}\n`;
  });
}

/** The same host where a file of its namespace directory has lost its namespace. */
function unmounted(evidence: HostEvidence, name: string): HostEvidence {
  return derived(evidence, (draft) => {
    const listing = sectionOf(draft, undefined, 'files');
    listing.output = listing.output
      .split('\n')
      .map((row) => (row.endsWith(`/${name}`) ? `1a 77 644 0 1000000 /var/run/docker/netns/${name}` : row))
      .join('\n');
    draft.sections = draft.sections.filter(({netns}) => netns !== name);
  });
}

describe('namespaces', () => {
  it("finds 'namespace-dead' under a running container and under a network in use, on every engine", () => {
    assert.deepEqual(named(examine(unmounted(node1, web1)).findings), [`namespace-dead error node1 ${web1}`]);
    assert.deepEqual(named(examine(unmounted(node1, file)).findings), [`namespace-dead error node1 ${file}`]);
  });

  it('does not tell debris from a removal of the last minute on engines up to 27', () => {
    const plain = withFile(node1, '0123456789ab', 'plain');
    assert.deepEqual(named(examine(plain).findings), []);
    assert.match(
      examine(plain).notChecked.find(({checkName: check}) => check === 'namespaces')?.reason ?? '',
      /0123456789ab.*engines up to 27/,
    );
    const later = recordedEvidence('engine-28.5.2/node1');
    const debris = derived(later, (draft) => {
      sectionOf(draft, undefined, 'files').output +=
        '1a 77 644 0 1000000 /var/run/docker/netns/0123456789ab\n';
    });
    assert.deepEqual(named(examine(debris).findings), ['namespace-dead info node1 0123456789ab']);
  });

  it("finds 'namespace-orphan' for a network and for a container that are gone", () => {
    assert.deepEqual(named(examine(withFile(node1, '1-zzzzzzzzzz', 'live')).findings), [
      'namespace-orphan warning node1 1-zzzzzzzzzz',
    ]);
    assert.deepEqual(named(examine(withFile(node1, 'lb_zzzzzzzzz', 'live')).findings), [
      'namespace-orphan warning node1 lb_zzzzzzzzz',
    ]);
    assert.deepEqual(named(examine(withFile(node1, '0123456789ab', 'live')).findings), [
      'namespace-orphan warning node1 0123456789ab',
    ]);
  });

  it('is silent, and says so, where the engine did not list its networks', () => {
    const silent = derived(withFile(node1, '1-zzzzzzzzzz', 'live'), (draft) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => !path.startsWith('/networks'));
    });
    const {findings, notChecked} = examine(silent);
    assert.deepEqual(named(findings), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'namespaces'));
  });

  it("finds 'network-two-epochs'", () => {
    const second = `2-${id.slice(0, 10)}`;
    assert.deepEqual(named(examine(withFile(node1, second, 'live')).findings), [
      `network-two-epochs warning node1 ${file} and ${second}`,
    ]);
  });

  it("finds 'network-id-mismatch' on the host that kept an earlier network", () => {
    const other = 'zzzzzzzzzzzzzzzzzzzzzzzzz';
    const earlier = derived(node2, (draft) => {
      draft.docker.answers = JSON.parse(JSON.stringify(draft.docker.answers).replaceAll(id, other));
    });
    const third = derived(node1, (draft) => {
      const about = sectionOf(draft, undefined, 'about');
      about.output = about.output
        .replace(/^bootId=.*$/m, 'bootId=other')
        .replace(/^hostname=.*$/m, 'hostname=node3');
      editAnswers(draft, /^\/info$/, (info) => {
        info.Swarm.NodeID = 'third';
      });
    });
    const mismatches = named(examine(node1, earlier, third).findings).filter((line) =>
      line.startsWith('network-id'),
    );
    assert.deepEqual(mismatches, [`network-id-mismatch warning node2 uber-net as ${other.slice(0, 12)}`]);
    assert.deepEqual(named(examine(node1, node2, third).findings), []);
  });

  it("finds 'namespace-file-missing' of a container that runs, and gives the file back", () => {
    const gone = derived(node1, (draft) => {
      for (const section of draft.sections)
        if (/^files/.test(section.name))
          section.output = section.output
            .split('\n')
            .filter((line) => !line.endsWith(`/${web1}`))
            .join('\n');
      dropSections(draft, ({netns}) => netns === web1);
    });
    const found = examine(gone).findings.filter(({code}) => code === 'namespace-file-missing');
    assert.equal(found.length, 1);
    // What its interfaces were the other ends of is not called a stranger's.
    assert.deepEqual(unexpected(examine(gone).findings), found);
    const [touched, mounted] = fixOf(found[0]);
    assert.match(touched ?? '', new RegExp(`^touch \\S+/${web1}$`));
    assert.match(mounted ?? '', new RegExp(`^mount --bind /proc/\\d+/ns/net \\S+/${web1}$`));
    // One that has just begun has no file yet, and one whose process is gone has none any more.
    const state = (change: (of: Raw) => void) =>
      derived(gone, (draft) =>
        editAnswers(draft, /^\/containers\/[0-9a-f]+\/json$/, (body: Raw) => {
          if (body.NetworkSettings.SandboxKey.endsWith(web1)) change(body.State);
        }),
      );
    const seconds = (ago: number) => new Date(Date.parse(node1.startedAt) - ago * 1000).toISOString();
    const quiet = [state((of) => (of.StartedAt = seconds(5))), state((of) => (of.Pid = 4_000_000))];
    for (const evidence of quiet)
      assert.ok(!examine(evidence).findings.some(({code}) => code === 'namespace-file-missing'));
  });
});
