import assert from 'node:assert/strict';
import {after, afterEach, before, beforeEach, describe, it} from 'node:test';
import type {FindingCode} from '../../src/findings/catalogue.js';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {findContainer, findDestination} from '../../src/topology/names.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {told} from '../checks/support.js';
import {typeFixes} from '../lab/doctor-faults/fixing.js';
import {examineAll, readNodes, untilClean} from '../lab/doctor-run.js';
import {expectedHere} from '../lab/full/kernel-has.js';
import {loadRules, removeRules} from '../lab/native-rules.js';
import {endsOf, meet, meetAgain} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';

/** A rule that an operator adds on node2, and how doctor and trace call what it does. */
interface Dropping {
  about: string;
  /** Shell texts on node2. */
  make: string;
  undo?: string;
  code: FindingCode;
  /** From node2 to node1, from node1 to node2, or from node2 outside. */
  way: 'to' | 'from' | 'outside';
  /** The rule, as evidence quotes it. */
  rule: RegExp;
  /** Set where nft does not print what rules of the engine's are told, so that some of what they do stays open. */
  isPartly?: true;
}

const dropped: readonly Dropping[] = [
  {
    about: 'by policy, as the set of open ports has lost it',
    make: "nft 'delete element inet operator swarm_ports { udp . 4789 }'",
    code: 'data-path-filtered-in',
    way: 'to',
    rule: /^nft: inet operator input: policy drop$/,
  },
  {
    about: 'in a second table of the same hook, after the first has accepted it',
    make: `nft -f - <<'END'
table ip second {
  chain late { type filter hook input priority filter + 10; policy accept; udp dport { 4789, 8472 } drop; }
}
END`,
    undo: 'nft delete table ip second',
    code: 'data-path-filtered-in',
    way: 'to',
    rule: /^nft: ip second late: udp dport \{ 4789, 8472 \} drop$/,
  },
  {
    about: 'in output',
    make: 'nft insert rule inet operator output ip daddr @nodes udp dport 4789 drop',
    code: 'data-path-filtered-out',
    way: 'from',
    rule: /^nft: inet operator output: ip daddr @nodes udp dport 4789 drop$/,
  },
  {
    about: 'in forward, what containers send outside',
    make: 'nft insert rule inet operator forward iifname "docker_gwbridge" oifname "eth0" drop',
    code: 'forward-filtered',
    way: 'outside',
    rule: /^nft: inet operator forward: iifname "docker_gwbridge" oifname "eth0" drop$/,
  },
  {
    // iptables-nft-save does not print this table any more, and says so with exit status 0.
    about: 'in a table of iptables-nft, by nft',
    make: `iptables-save -t filter | grep -E '^([*]|-A INPUT|COMMIT)' >/run/input.saved
nft add set ip filter refused '{ type ipv4_addr; elements = { 172.31.1.5 }; }'
nft insert rule ip filter INPUT ip saddr @refused udp dport 4789 ct state new drop`,
    // What fixes have put in by nft goes with it.
    undo: `nft flush chain ip filter INPUT
nft delete set ip filter refused
iptables-restore -n </run/input.saved
rm /run/input.saved`,
    code: 'data-path-filtered-in',
    way: 'to',
    rule: /ip saddr @refused udp dport 4789 ct state new drop$/,
    isPartly: true,
  },
];

/** What is not judged because of packet filters. */
const ofFilters = /filter|rule|nft|iptables|tracking/;

/** What is never left open: it is seen by a rule ahead of the engine's own. */
const ofSwarm = /UDP 4789|overlays|gossip|control plane|ESP/;

describe('a node with rules of nftables beside those of iptables-nft', labSuite(), () => {
  const lab = useLab();
  const node2 = () => lab().node('node2');
  let undo: string | undefined;

  before(async () => {
    const {stdout} = await node2().run(['iptables', '-V']);
    // Else the engine's own rules are not of nftables.
    assert.match(stdout, /nf_tables/);
    await untilClean(lab());
  });
  beforeEach(() => Promise.all(lab().nodes.map(loadRules)));
  afterEach(async () => {
    if (undo !== undefined) await node2().run(['sh', '-c', undo], {reject: false});
    undo = undefined;
    await Promise.all(lab().nodes.map(removeRules));
    await meetAgain(await endsOf(lab(), 'web'));
  });
  after(() => untilClean(lab()));

  async function look(): Promise<{findings: FoldedFinding[]; open: string[]; hosts: HostModel[]}> {
    const evidence = await readNodes(lab());
    const {findings, notChecked} = examineAll(evidence);
    const expected = expectedHere();
    return {
      findings: foldFindings(findings).filter(({code}) => !expected.has(code)),
      open: notChecked.map(({reason}) => reason).filter((reason) => ofFilters.test(reason)),
      hosts: evidence.map(hostModel),
    };
  }

  const walked = (hosts: HostModel[], from: string, to: string): Trace =>
    trace(hosts, findContainer(hosts, from), findDestination(hosts, to).target);

  /** What packet filters do to it, in both directions. */
  const filtered = ({forward, reverse}: Trace) =>
    [forward, ...(reverse ? [reverse] : [])].flatMap(({hops}) =>
      hops.filter(({layer}) => /filter/.test(layer)).map(({verdict}) => verdict),
    );

  const ways = {
    to: ['web1', 'web2'],
    from: ['web2', 'web1'],
    outside: ['web2', '192.168.1.1'],
  } as const;

  it('is judged as a whole by doctor and trace, which find nothing', async () => {
    await meet(await endsOf(lab(), 'web'));
    const {findings, open, hosts} = await look();
    assert.deepEqual(told(findings), []);
    assert.deepEqual(open, []);
    for (const [from, to] of Object.values(ways)) {
      const one = walked(hosts, from, to);
      const decided = filtered(one);
      assert.ok(decided.length > 0, `${from} to ${to}`);
      assert.ok(
        decided.every((verdict) => verdict === 'pass'),
        JSON.stringify(one.forward.hops),
      );
      assert.match(one.disposition, to === '192.168.1.1' ? /^sent-outside$/ : /^deliver/);
    }
  });

  for (const {about, code, ...one} of dropped) {
    it(`${code}: a rule that drops ${about}`, async () => {
      undo = one.undo;
      await node2().run(['sh', '-ec', one.make]);
      const {findings, open, hosts} = await look();
      const [first] = findings;
      assert.equal(first?.code, code, told(findings).join('; '));
      assert.ok(
        first.evidence.some((line) => one.rule.test(line)),
        first.evidence.join('; '),
      );
      assert.deepEqual(
        open.filter((reason) => !one.isPartly || ofSwarm.test(reason)),
        [],
      );
      const [from, to] = ways[one.way];
      const {forward} = walked(hosts, from, to);
      const failed = forward.hops.find(({verdict}) => verdict === 'fail');
      assert.equal(failed?.code, code, forward.disposition);
      await typeFixes(lab(), [first]);
    });
  }
});
