import assert from 'node:assert/strict';
import {it} from 'node:test';
import {makerOf} from '../../src/kernel/rule-maker.js';
import type {RuleChain} from '../../src/model/rules/rule.js';

it('the program that wrote a rule is known by the names of its tables and chains', () => {
  const chain = (table: string, name: string): RuleChain => ({
    ...{program: 'nft', family: 'inet', table, name, size: 0, rules: []},
  });
  for (const [table, name, maker] of [
    ['firewalld', 'filter_IN_public_allow', 'firewalld (zone public)'],
    ['firewalld', 'filter_IN_home-office', 'firewalld (zone home-office)'],
    ['firewalld', 'filter_INPUT', 'firewalld'],
    ['filter', 'ufw-user-input', 'ufw'],
    ['filter', 'ufw6-before-input', 'ufw'],
    ['filter', 'DOCKER-USER', 'the operator (chain DOCKER-USER)'],
    ['filter', 'DOCKER-ISOLATION-STAGE-1', 'Docker'],
    ['docker-bridges', 'filter-forward', 'Docker'],
    ['filter', 'KUBE-FIREWALL', 'Kubernetes (kube-proxy)'],
    ['filter', 'ts-forward', 'Tailscale'],
    ['filter', 'f2b-sshd', 'fail2ban'],
    ['f2b-table', 'f2b-chain', 'fail2ban'],
    ['filter', 'INPUT', undefined],
    ['mine', 'input', undefined],
    // A name that may be anything is not taken for a zone.
    ['firewalld', 'filter_IN_a b"; reboot', 'firewalld'],
  ] as const)
    assert.equal(makerOf(chain(table, name)), maker, `${table} ${name}`);
});
