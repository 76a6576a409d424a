import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../../src/model/host.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {findContainer} from '../../../src/topology/names.js';
import {trace} from '../../../src/trace/trace.js';
import {derived, editTable} from '../../support/evidence.js';
import {netnsOf} from '../../trace/changed.js';
import {examine, fixOf} from '../support.js';
import {editLink, foundOn, inShort, node1, node2, port, sandbox, stopped, vxlan} from './settings.js';

const web1 = netnsOf('node1', 'web1');
const queue = (qdisc: string) =>
  derived(node1, (draft) => editLink(draft, vxlan, (row) => Object.assign(row, {qdisc})));
const inNetns = (netns: string, name: string, more: object) =>
  derived(node1, (draft) =>
    editTable(draft, netns, 'addr', (rows) =>
      rows.map((row) => (row.ifname === name ? {...row, ...more} : row)),
    ),
  );

function ends(evidence: HostEvidence): string {
  const hosts = [evidence, node2].map(hostModel);
  return trace(hosts, findContainer(hosts, 'web1'), findContainer(hosts, 'web2')).forward.disposition;
}

describe('traffic-control', () => {
  it("finds 'queue-on-path' on a tunnel and in a container; trace does not know what becomes of frames there", () => {
    const [finding, ...more] = foundOn(queue('tbf'));
    assert.deepEqual(
      [inShort(finding ? [finding] : []), more],
      [[`warning queue-on-path ${vxlan} in ${sandbox}`], []],
    );
    assert.match(fixOf(finding)[0] ?? '', /tc qdisc del dev vxlan0 root$/);
    assert.equal(ends(queue('tbf')), 'undecided');
    const inside = inNetns(web1, 'eth0', {qdisc: 'netem'});
    assert.deepEqual(inShort(foundOn(inside)), ['warning queue-on-path eth0 in web1']);
    assert.equal(ends(inside), 'undecided');
  });

  it('takes a discipline that only shares a link for information, and those of a card for nothing', () => {
    assert.deepEqual(inShort(foundOn(queue('fq_codel'))), [`info queue-on-path ${vxlan} in ${sandbox}`]);
    assert.match(ends(queue('fq_codel')), /^deliver/);
    for (const qdisc of ['noqueue', 'noop']) assert.deepEqual(inShort(foundOn(queue(qdisc))), []);
    const card = (qdisc: string) =>
      derived(node1, (draft) =>
        editTable(draft, '@host', 'addr', (rows) =>
          rows.map((row) => (row.ifname === 'eth0' ? {...row, qdisc, linkinfo: undefined} : row)),
        ),
      );
    for (const qdisc of ['fq_codel', 'mq', 'tbf']) assert.deepEqual(inShort(foundOn(card(qdisc))), []);
    assert.deepEqual(inShort(foundOn(card('netem'))), ['warning queue-on-path eth0']);
  });

  it('has trace doubt where an XDP program sees the frames', () => {
    assert.equal(ends(inNetns(web1, 'eth0', {xdp: {mode: 2}})), 'undecided');
  });
});

describe('filters of tc', () => {
  const row = (options: object) => ({protocol: 'all', pref: 1, kind: 'matchall', chain: 0, options});
  const dropped = {actions: [{order: 1, kind: 'gact', control_action: {type: 'drop'}}]};
  const withFilter = (netns: string, dev: string, direction: string, ...rows: object[]) =>
    derived(node1, (draft) => {
      draft.sections.push({
        name: 'tc-filter',
        netns,
        command: `tc -j filter show dev ${dev} ${direction}`,
        at: draft.startedAt,
        status: 0,
        output: JSON.stringify(rows),
      });
    });

  it("finds 'tc-filtered' on a tunnel, a port and an uplink, as trace does", () => {
    for (const [netns, dev, direction, subject] of [
      [sandbox, vxlan, 'egress', `${vxlan} in ${sandbox} egress`],
      [sandbox, port, 'ingress', `${port} in ${sandbox} ingress`],
      ['@host', 'eth0', 'egress', 'eth0 egress'],
    ] as const) {
      const one = withFilter(netns, dev, direction, row(dropped));
      const [finding, ...others] = foundOn(one);
      assert.deepEqual([inShort(finding ? [finding] : []), others], [[`error tc-filtered ${subject}`], []]);
      assert.match(fixOf(finding)[0] ?? '', new RegExp(`tc filter del dev ${dev} ${direction}$`));
      assert.equal(stopped(one), 'node1 tc-filtered');
    }
    const back = withFilter('@host', 'eth0', 'ingress', row(dropped));
    assert.equal(stopped(back), undefined);
    assert.equal(stopped(back, 'web2', 'web1'), 'node1 tc-filtered');
  });

  it('are listed as not checked where it is not known whether they match', () => {
    const bpf = withFilter('@host', 'eth0', 'egress', {...row({bpf_name: 'x'}), kind: 'bpf'});
    assert.deepEqual(foundOn(bpf), []);
    assert.match(
      examine(bpf).notChecked.find(({checkName}) => checkName === 'traffic-control')?.reason ?? '',
      /whether filters of tc take frames at eth0 \(egress\): tc filter dev eth0 egress .*BPF/,
    );
    assert.equal(ends(bpf), 'undecided');
    const elsewhere = {...row({...dropped, keys: {ip_proto: 'udp', dst_port: 53}}), kind: 'flower'};
    assert.equal(ends(withFilter('@host', 'eth0', 'egress', elsewhere)), ends(node1));
  });
});
