import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, dropSections, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {commandsOf, examine, find, fixOf, told} from '../support.js';

const node1 = recordedEvidence('node1');
/** The namespace of web1, which a sidecar shares. */
const web1 = 'bb239486baea';

const rules = (change: (text: string) => string) =>
  derived(node1, (draft) => {
    const section = sectionOf(draft, web1, 'iptables-nft');
    section.output = change(section.output);
  });

describe('dns-rules-missing', () => {
  const code = 'dns-rules-missing';

  it('is told of the container, and of who shares its namespace: iptables -t nat -F', () => {
    const [finding, ...others] = find(
      code,
      rules((text) => text.replace(/^\[.*\n/gm, '')),
    );
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.subject, finding?.severity], ['web1', 'error']);
    assert.match(finding?.cause ?? '', /web1 and sidecar can resolve no name/);
  });

  it('is told where only the jump is gone', () => {
    assert.equal(
      find(
        code,
        rules((text) => text.replace(/^\[.*-A OUTPUT .*\n/m, '')),
      ).length,
      1,
    );
  });

  it('is mended in the chains that are there, also where nft has written in their table (derived)', () => {
    const rule = (chain: string, ...expr: object[]) => ({
      rule: {
        family: 'ip',
        table: 'nat',
        chain,
        handle: 9,
        expr: [...expr, {counter: {packets: 0, bytes: 0}}],
      },
    });
    const chains = ['OUTPUT', 'DOCKER_OUTPUT'].map((name, at) => ({
      chain: {
        ...{family: 'ip', table: 'nat', name, handle: at},
        ...(at === 0 ? {type: 'nat', hook: 'output', prio: -100, policy: 'accept'} : {}),
      },
    }));
    const jump = {...rule('OUTPUT')};
    jump.rule.expr.push({jump: {target: 'DOCKER_OUTPUT'}});
    const evidence = derived(node1, (draft) => {
      sectionOf(draft, web1, 'iptables-nft').output = "# Table `nat' is incompatible, use 'nft' tool.\n";
      sectionOf(draft, web1, 'nft').output = JSON.stringify({
        nftables: [
          {table: {family: 'ip', name: 'nat', handle: 1}},
          ...chains,
          jump,
          rule('OUTPUT', {xt: {type: 'match', name: 'set'}}),
        ],
      });
    });
    const [finding, ...others] = find(code, evidence);
    assert.deepEqual([others, finding?.subject], [[], 'web1']);
    assert.match(commandsOf(finding)[0] ?? '', /nft list table ip nat$/);
    assert.deepEqual(
      fixOf(finding).flatMap(
        (line) => /iptables -t nat (-[FNA] (?:\S+)(?: -d 127\.0\.0\.11 -j \S+)?$)/.exec(line)?.[1] ?? [],
      ),
      ['-F DOCKER_OUTPUT', '-N DOCKER_POSTROUTING', '-A POSTROUTING -d 127.0.0.11 -j DOCKER_POSTROUTING'],
    );
  });

  it('is satisfied by the table of the nftables back end, which is not walked (derived)', () => {
    const hook =
      '{"chain": {"family": "ip", "table": "docker-dns", "name": "nat-output", "hook": "output", "policy": "accept"}}';
    const rule = '{"rule": {"family": "ip", "table": "docker-dns", "chain": "nat-output", "expr": []}}';
    const evidence = derived(
      rules(() => ''),
      (draft) => {
        sectionOf(draft, web1, 'nft').output = `{"nftables": [${hook}, ${rule}]}`;
      },
    );
    assert.deepEqual(find(code, evidence), []);
    assert.ok(
      examine(evidence).notChecked.some(
        ({checkName: check, reason: why}) => check === 'name-service' && /web1/.test(why),
      ),
    );
  });

  it('is not judged where the rules were not read', () => {
    const evidence = derived(node1, (draft) =>
      dropSections(draft, ({netns, name}) => netns === web1 && /ipt|nft/.test(name)),
    );
    assert.deepEqual(find(code, evidence), []);
    assert.ok(examine(evidence).notChecked.some(({checkName: check}) => check === 'name-service'));
  });
});

describe('dns-listener-missing', () => {
  it('is told where the rules lead to a port at which no process listens', () => {
    const evidence = rules((text) => text.replaceAll(/127\.0\.0\.11:\d+/g, '127.0.0.11:9'));
    assert.deepEqual(told(find('dns-listener-missing', evidence)), ['dns-listener-missing node1 web1']);
    assert.deepEqual(find('dns-listener-missing', node1), []);
  });
});

describe('dns-other-server', () => {
  const replaced = recordedEvidence('trace/dns-other-server/node1');

  it('is a hint about a container on an overlay whose resolv.conf was replaced, recorded from a container', () => {
    const [finding, ...others] = find('dns-other-server', replaced);
    assert.deepEqual([others, finding?.subject, finding?.severity], [[], 'web1', 'info']);
    assert.match(
      finding?.cause ?? '',
      /^web1 uses \S+ for DNS, not 127\.0\.0\.11: its resolv\.conf was replaced/,
    );
    assert.deepEqual(find('dns-other-server', node1), []);
    const restored = derived(replaced, (draft) => {
      const processes = sectionOf(draft, undefined, 'processes');
      processes.output = processes.output.replace(/^(resolver\.\d+)=.*$/gm, '$1=nameserver 127.0.0.11');
    });
    assert.deepEqual(find('dns-other-server', restored), []);
  });
});
