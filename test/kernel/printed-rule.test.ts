import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {countedLine, inTable, ruleLine} from '../../src/kernel/printed-rule.js';
import {parseIptablesSave} from '../../src/model/rules/iptables.js';
import {rulesOf, tableOf} from '../../src/model/rules/questions.js';

const ruleset = parseIptablesSave(
  `*filter
:INPUT DROP [7:700]
:DOCKER - [0:0]
[3:180] -A INPUT -p udp -m udp --dport 4789 -m comment --comment "the overlay" -j DROP
-A INPUT -m comment --comment "$(reboot)" -j DROP
COMMIT
`,
  'iptables-legacy',
);
const [plain, hostile] = rulesOf([ruleset]);
const input = tableOf(ruleset, 'filter')?.chains.get('INPUT');

describe('a rule in print', () => {
  it('is as its program prints it, with its table, the program and the counters', () => {
    assert.ok(plain && input);
    const text = '-A INPUT -p udp -m udp --dport 4789 -m comment --comment "the overlay" -j DROP';
    assert.equal(inTable(plain), `filter: ${text}`);
    assert.equal(ruleLine(plain), `iptables-legacy: filter: ${text}`);
    assert.equal(countedLine(plain), `iptables-legacy: [3:180] filter: ${text}`);
    assert.equal(inTable(input), 'filter: -P INPUT DROP');
    assert.equal(countedLine(input), 'iptables-legacy: [7:700] filter: -P INPUT DROP');
  });

  it('has no counters where none were read', () => {
    assert.ok(hostile);
    assert.equal(countedLine(hostile), ruleLine(hostile));
  });
});
