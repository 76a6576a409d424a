import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {packetFilter} from '../../src/kernel/packet-filter.js';
import {hostModel} from '../../src/model/host.js';
import {masquerading} from '../../src/services/masquerade.js';
import {derived, recordedEvidence, sectionOf} from '../support/evidence.js';

const docker = '-A POSTROUTING -s 172.18.0.0/16 ! -o docker_gwbridge -j MASQUERADE';
const odd = '-m set --match-set pods src';

/** What becomes of a packet from docker_gwbridge by these rules of nat POSTROUTING, and by chains that they jump to. */
function judged(...rules: string[]): string {
  const model = hostModel(
    derived(recordedEvidence('node1'), (draft) => {
      sectionOf(draft, undefined, 'about').output += 'engineRules=\n';
      sectionOf(draft, '@host', 'iptables-nft').output = [
        ...['*nat', ':POSTROUTING ACCEPT [0:0]', ':KUBE - [0:0]'],
        ...rules.map((rule) => `[0:0] ${rule}`),
        'COMMIT\n',
      ].join('\n');
    }),
  );
  const found = masquerading(model, model.host && packetFilter(model.host), {source: '172.18.0.3'});
  return found.state === 'hidden' ? `hidden: ${found.why}` : found.state;
}

describe('masquerading by iptables', () => {
  it('is done by a rule that surely meets the packet, whichever before does it perhaps', () => {
    assert.equal(judged(docker), 'done');
    assert.equal(judged(`-A POSTROUTING ${odd} -j MASQUERADE`, docker), 'done');
    assert.equal(
      judged(`-A POSTROUTING -j KUBE`, docker, `-A KUBE ${odd} -j RETURN`, '-A KUBE -j MASQUERADE'),
      'done',
    );
  });

  it('is not known where a rule that is not understood decides', () => {
    const depends = (rule: string) => `hidden: it depends on iptables-nft: nat: ${rule}`;
    for (const rule of [`-A POSTROUTING ${odd} -j ACCEPT`, `-A POSTROUTING ${odd} -j RETURN`])
      assert.equal(judged(rule, docker), depends(rule));
    const alone = `-A POSTROUTING ${odd} -j MASQUERADE`;
    assert.equal(judged(alone), depends(alone));
  });

  it('is missing where nothing does it, or an earlier rule accepts', () => {
    assert.equal(judged(), 'missing');
    assert.equal(judged('-A POSTROUTING -s 172.18.0.0/16 -j ACCEPT', docker), 'missing');
  });
});
