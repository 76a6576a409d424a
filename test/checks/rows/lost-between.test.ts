import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {type Ages, sendMore, setAges, tenLater} from '../../support/ages.js';
import {derived, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine} from '../support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {file} = overlayOf(node1, 'uber-net');
/** As the fixture has them, on uber-net. */
const web1 = '02:42:0a:00:01:0a';
const web2 = '02:42:0a:00:01:09';

const aged = (draft: HostEvidence, mac: string, ages: Ages) => setAges(draft, file, mac, ages);

/** Node1 sends to web2 all the time; node2 has not heard of web1 for so long. Both are read twice, ten seconds apart. */
function sending({
  sentFirst = 0,
  sentThen = 0,
  heard = {used: 100, updated: 100},
  packets = 10,
  kernel,
}: {
  sentFirst?: number;
  sentThen?: number;
  heard?: Ages;
  packets?: number;
  kernel?: string;
} = {}) {
  const before = derived(node1, (draft) => aged(draft, web2, {used: sentFirst, updated: 100}));
  const after = tenLater(node1, (draft) => {
    aged(draft, web2, {used: sentThen, updated: 100});
    sendMore(draft, file, 'vxlan0', packets);
  });
  const there = tenLater(node2, (draft) => {
    aged(draft, web1, heard);
    if (kernel !== undefined) {
      const about = draft.sections.find(({name}) => name === 'about');
      assert.match(about?.output ?? '', /^kernel=/m);
      if (about) about.output = about.output.replace(/^(kernel=).*/m, `$1${kernel}`);
    }
  });
  return {before, after, there};
}

const lost = (...readings: HostEvidence[]) =>
  examine(...readings).findings.filter(({code}) => code === 'frames-lost-between');

function lostOf(how: Parameters<typeof sending>[0]) {
  const {before, after, there} = sending(how);
  return lost(before, node2, after, there);
}

describe('frames lost between two hosts', () => {
  it('are told with the rows of both', () => {
    const [finding, ...others] = lostOf({});
    assert.deepEqual(others, []);
    assert.equal(finding?.host, 'node1');
    assert.equal(finding?.subject, 'frames to node2');
    assert.match(finding?.cause ?? '', /node1 sends to node2 \(192\.168\.1\.5\), and for 100 s no frame/);
    assert.match(finding?.evidence.join('\n') ?? '', /used 0\/100.*\n.*\+10 in 10 s.*\n.*used 100\/100/);
  });

  it('are none where something came, or where nothing was sent', () => {
    for (const [why, how] of [
      ['it heard of the sender after it was sent', {heard: {used: 100, updated: 1}}],
      [
        'it heard of it shortly before: a question for a MAC uses the row and is no frame',
        {heard: {used: 100, updated: 20}},
      ],
      ['the device sent nothing', {packets: 0}],
      ['the row was used once', {sentFirst: 0, sentThen: 10}],
      ['the row was not used since it was written', {sentFirst: 2261, sentThen: 2261}],
      ['it came, and a wrong row took it', {heard: {used: 100, updated: 1, dst: '10.99.99.9'}}],
    ] as [string, Parameters<typeof sending>[0]][])
      assert.deepEqual(lostOf(how), [], why);
  });

  it('take both ages to be old where the kernel does not tell what comes from what is sent', () => {
    assert.deepEqual(lostOf({heard: {used: 1, updated: 100}, kernel: '5.15.0-91-generic'}), []);
    assert.equal(lostOf({heard: {used: 100, updated: 100}, kernel: '5.15.0-91-generic'}).length, 1);
  });

  it('take both hosts, read twice, and ask for the second reading', () => {
    const {before, after, there} = sending();
    assert.deepEqual(lost(before, after), []);
    const once = examine(after, there);
    assert.deepEqual(
      once.findings.filter(({code}) => code === 'frames-lost-between'),
      [],
    );
    assert.equal(once.undecided.length > 0, true);
    assert.equal(examine(node1, node2).undecided.length > 0, false, 'they have just heard of each other');
  });
});

describe('one-way-traffic', () => {
  const found = (...readings: HostEvidence[]) =>
    examine(...readings).findings.filter(({code}) => code === 'one-way-traffic');

  it('is said of a host that was read alone, and of no host that was read too', () => {
    const {before, after, there} = sending();
    const [finding, ...others] = found(before, after);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [finding?.severity, finding?.host, finding?.network, finding?.subject],
      ['warning', 'node1', 'uber-net', 'frames to 192.168.1.5'],
    );
    assert.match(finding?.cause ?? '', /no frame has come back from there for 100 s/);
    assert.deepEqual(found(before, node2, after, there), []);
    assert.equal(examine(after).undecided.length > 0, true);
  });

  it('is not said where the entry was used once, or of a kernel whose ages do not tell sent from received', () => {
    const once = sending({sentFirst: 0, sentThen: 10});
    assert.deepEqual(found(once.before, once.after), []);
    const still = sending({packets: 0});
    assert.deepEqual(found(still.before, still.after), []);
    const older = (evidence: HostEvidence) =>
      derived(evidence, (draft) => {
        const about = draft.sections.find(({name}) => name === 'about');
        assert.match(about?.output ?? '', /^kernel=/m);
        if (about) about.output = about.output.replace(/^(kernel=).*/m, '$15.15.0-91-generic');
      });
    const {before, after} = sending();
    assert.deepEqual(found(older(before), older(after)), []);
  });

  it('is not said where a frame of any endpoint there came lately', () => {
    const {before, after} = sending();
    const answered = derived(after, (draft) => aged(draft, web2, {used: 0, updated: 5}));
    assert.deepEqual(found(before, answered), []);
  });
});
