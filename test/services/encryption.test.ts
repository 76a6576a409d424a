import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {dockerXfrm, sealing} from '../../src/services/encryption.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {findContainer} from '../../src/topology/names.js';
import {trace} from '../../src/trace/trace.js';
import {examine} from '../checks/support.js';
import {derived, recordedEvidence, sectionOf} from '../support/evidence.js';
import {addStates, primaryTags, vteps} from '../support/sealed.js';

const {node1: one, node2: two} = vteps;
const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const tag = primaryTags.recorded;
const sealed1 = derived(node1, (draft) => addStates(draft, {own: one, other: two, tag}));
const sealed2 = derived(node2, (draft) => addStates(draft, {own: two, other: one, tag}));

/** A tunnel that somebody else keeps between the same two addresses: as strongSwan makes it, with a request id of its own. */
function withForeignTunnel(evidence: HostEvidence): HostEvidence {
  const [own, other] = evidence.source === node1.source ? [one, two] : [two, one];
  return derived(evidence, (draft) => {
    sectionOf(draft, '@host', 'xfrm-state').output += [
      [own, other],
      [other, own],
    ]
      .map(
        ([src, dst], at) => `src ${src} dst ${dst}
	proto esp spi 0xc0ffee0${at}(${0xc0ffee00 + at}) reqid 1(0x00000001) mode transport
	replay-window 32 seq 0x00000000 flag  (0x00000000)
`,
      )
      .join('');
    sectionOf(draft, '@host', 'xfrm-policy').output += `src ${own}/32 dst ${other}/32 uid 0
	dir out action allow index 129 priority 367231 ptype main share any flag  (0x00000000)
	tmpl src 0.0.0.0 dst 0.0.0.0
		proto esp reqid 1(0x00000001) mode transport
`;
  });
}

const codes = (...hosts: HostEvidence[]) =>
  examine(...hosts)
    .findings.filter(({code}) => code === 'xfrm-state-missing')
    .map(({host}) => host);

function walked(...evidence: HostEvidence[]) {
  const hosts = evidence.map((host) => hostModel(host));
  const {forward, reverse} = trace(hosts, findContainer(hosts, 'secret1'), findContainer(hosts, 'secret2'));
  return [forward, reverse].map((way) => way?.hops.find(({verdict}) => verdict === 'fail')?.code);
}

describe('whether packets of encrypted overlays are sealed', () => {
  const between = (evidence: HostEvidence) => {
    const kept = dockerXfrm(hostModel(evidence)) ?? assert.fail();
    const found = sealing(kept, {from: one, to: two});
    return found && {out: found.out, in: found.in};
  };

  it("follows from Docker's own states, whatever else there is between the two hosts", () => {
    assert.deepEqual(between(sealed1), {out: true, in: true});
    assert.deepEqual(between(withForeignTunnel(sealed1)), {out: true, in: true});
    assert.deepEqual(between(node1), {out: false, in: false});
    assert.deepEqual(between(withForeignTunnel(node1)), {out: false, in: false});
  });

  it('is not judged for addresses that no policy of Docker is for', () => {
    const kept = dockerXfrm(hostModel(withForeignTunnel(node1))) ?? assert.fail();
    assert.equal(sealing(kept, {from: '192.0.2.1', to: two}), undefined);
    assert.equal(sealing(kept, {from: one, to: '192.0.2.2'}), undefined);
  });

  it('is the same to trace and to doctor (derived: the recording kernel has no ESP)', () => {
    const missing = 'xfrm-state-missing';
    for (const [hosts, found, stopped] of [
      [
        [node1, node2],
        ['node1', 'node2'],
        [missing, missing],
      ],
      [[node1, node2].map(withForeignTunnel), ['node1', 'node2'], [missing, missing]],
      [[sealed1, sealed2], [], [undefined, undefined]],
      [[sealed1, sealed2].map(withForeignTunnel), [], [undefined, undefined]],
      [[sealed1, node2], ['node2'], [missing, missing]],
    ] as const) {
      assert.deepEqual(codes(...hosts), found);
      assert.deepEqual(walked(...hosts), stopped);
    }
  });
});
