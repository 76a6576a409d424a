import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  answerOf,
  derived,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {examine} from '../support.js';

const codes = ['vni-missing', 'vni-held-twice', 'vxlan-device-leftover'];
const named = (findings: Finding[]) =>
  findings
    .filter(({code}) => codes.includes(code))
    .map(({code, severity, network, subject}) => `${code} ${severity} ${network} ${subject}`);

const node1 = recordedEvidence('node1');
const {file} = overlayOf(node1, 'uber-net');

/** The vxlan device of uber-net's sandbox, as `ip -d -j addr` printed it. */
const device = (JSON.parse(sectionOf(node1, file, 'addr').output) as Raw[]).find(
  ({linkinfo}) => linkinfo?.info_kind === 'vxlan',
);
const vni = device.linkinfo.info_data.id as number;

/** The same host with one more vxlan device in its own namespace. */
function withDevice(evidence: HostEvidence, ifname: string, data: Raw): HostEvidence {
  return derived(evidence, (draft) =>
    editTable(draft, '@host', 'addr', (rows) => [
      ...rows,
      {
        ...device,
        ifindex: 999,
        ifname,
        master: undefined,
        link_netnsid: undefined,
        linkinfo: {info_kind: 'vxlan', info_data: {...device.linkinfo.info_data, ...data}},
      },
    ]),
  );
}

const withoutTunnel = derived(node1, (draft) =>
  editTable(draft, file, 'addr', (rows) => rows.filter(({ifname}) => ifname !== device.ifname)),
);

describe('vni', () => {
  it("finds 'vxlan-device-leftover' in the host's namespace: a warning, an error where it is in the way", () => {
    const subject = "vx-001001-abcde in the host's own namespace";
    assert.equal(vni, 0x1001);
    assert.deepEqual(named(examine(withDevice(node1, 'vx-001001-abcde', {})).findings), [
      `vxlan-device-leftover warning uber-net ${subject}`,
    ]);
    assert.deepEqual(named(examine(withDevice(withoutTunnel, 'vx-001001-abcde', {})).findings), [
      `vxlan-device-leftover error uber-net ${subject}`,
    ]);
    assert.deepEqual(named(examine(withDevice(node1, 'vx-009999-abcde', {id: 0x9999})).findings), [
      "vxlan-device-leftover warning null vx-009999-abcde in the host's own namespace",
    ]);
  });

  it('knows engines up to 23 in host mode, which keep their devices there', () => {
    const hostMode = derived(withDevice(node1, 'vx-001001-abcde', {}), (draft) => {
      const rules = draft.sections.find(({netns, name}) => netns === '@host' && name.startsWith('iptables-'));
      assert.ok(rules);
      rules.output += '*filter\n:DOCKER-OVERLAY - [0:0]\n-A DOCKER-OVERLAY -j RETURN\nCOMMIT\n';
    });
    assert.deepEqual(named(examine(hostMode).findings), []);
  });

  it('finds it in the namespace of a network that is gone', () => {
    const gone = derived(node1, (draft) => {
      const list = answerOf(draft, '/networks').body as Raw[];
      answerOf(draft, '/networks').body = list.filter(({Name}) => Name !== 'uber-net');
      draft.docker.answers = draft.docker.answers.filter(({body}) => (body as Raw)?.Name !== 'uber-net');
    });
    assert.deepEqual(named(examine(gone).findings), [
      `vxlan-device-leftover warning null ${device.ifname} in ${file}`,
    ]);
  });

  it("finds 'vni-held-twice' by another's device with the VNI on the same port, and only on that", () => {
    const subject = "foreign in the host's own namespace";
    assert.deepEqual(named(examine(withDevice(withoutTunnel, 'foreign', {})).findings), [
      `vni-held-twice error uber-net ${subject}`,
    ]);
    assert.deepEqual(named(examine(withDevice(node1, 'foreign', {port: 8472})).findings), []);
    assert.deepEqual(named(examine(withDevice(node1, 'foreign', {id: 77_777})).findings), []);
  });

  it("finds 'vni-missing' where the device has another VNI than its network", () => {
    const other = derived(node1, (draft) =>
      editAnswers(draft, /^\/networks/, (body) => {
        for (const network of Array.isArray(body) ? body : [body]) {
          const options = network.Options as Raw;
          if (network.Name === 'uber-net') options['com.docker.network.driver.overlay.vxlanid_list'] = '5000';
        }
      }),
    );
    assert.deepEqual(named(examine(other).findings), [
      `vni-missing error uber-net ${device.ifname} in ${file}`,
    ]);
  });

  it("finds 'vni-held-twice' of a network that only another host lists, of the same swarm", () => {
    const node2 = withDevice(recordedEvidence('node2'), 'vxother', {id: 5000});
    const listing = (id: number) =>
      derived(node1, (draft) =>
        editAnswers(draft, /^\/networks$/, (list: Raw[]) =>
          list.push({
            Name: 'lone-net',
            Id: 'z'.repeat(25),
            Driver: 'overlay',
            Scope: 'swarm',
            Options: {'com.docker.network.driver.overlay.vxlanid_list': String(id)},
          }),
        ),
      );
    assert.deepEqual(named(examine(listing(5000), node2).findings), [
      "vni-held-twice warning lone-net vxother in the host's own namespace",
    ]);
    assert.deepEqual(named(examine(listing(5001), node2).findings), []);
    assert.deepEqual(named(examine(node2).findings), []);
  });
});
