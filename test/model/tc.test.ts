import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {throughTc} from '../../src/kernel/link-programs.js';
import {parseTcFilters} from '../../src/model/tc.js';

const command = 'tc -j filter show dev v0 egress';
/** What tc of iproute2 6.1 printed: all IP redirected to lo; then UDP 4789 mirrored, whose two matches share a key. */
const recorded =
  '[{"protocol":"ip","pref":10,"kind":"u32","chain":0},{"protocol":"ip","pref":10,"kind":"u32","chain":0,"options":{"fh":"800:","ht_divisor":1}},{"protocol":"ip","pref":10,"kind":"u32","chain":0,"options":{"fh":"800::800","order":2048,"key_ht":"800","bkt":"0","not_in_hw":true,"match":{"value":"0","mask":"0","offmask":"","off":0},"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress","to_dev":"lo","control_action":{"type":"stolen"},"index":1,"ref":1,"bind":1}]}},{"protocol":"ip","pref":20,"kind":"u32","chain":0},{"protocol":"ip","pref":20,"kind":"u32","chain":0,"options":{"fh":"801:","ht_divisor":1}},{"protocol":"ip","pref":20,"kind":"u32","chain":0,"options":{"fh":"801::800","order":2048,"key_ht":"801","bkt":"0","not_in_hw":true,"match":{"value":"110000","mask":"ff0000","offmask":"","off":8},"match":{"value":"12b5","mask":"ffff","offmask":"","off":20},"actions":[{"order":1,"kind":"mirred","mirred_action":"mirror","direction":"egress","to_dev":"lo","control_action":{"type":"pipe"},"index":2,"ref":1,"bind":1}]}}]';

const filter = (kind: string, options: object, protocol = 'all') => ({
  protocol,
  pref: 1,
  kind,
  chain: 0,
  options,
});
const gact = (type: string, more: object = {}) => ({order: 1, kind: 'gact', control_action: {type}, ...more});
const parse = (...rows: object[]) => parseTcFilters(command, JSON.stringify(rows));
const verdict = (rows: object[], udpPort?: number) =>
  throughTc(parse(...rows), {device: 'v0', direction: 'egress'}, udpPort === undefined ? {} : {udpPort})
    .verdict;

describe('filters of tc', () => {
  it('are read as tc prints them, all matches of u32 included', () => {
    const [first, second, ...more] = parseTcFilters(command, recorded);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [first?.device, first?.direction, first?.protocol, first?.match, first?.fate],
      ['v0', 'egress', 'ip', 'all', 'lost'],
    );
    assert.match(first?.text ?? '', /^tc filter dev v0 egress pref 10 protocol ip u32: redirects to lo$/);
    assert.deepEqual([second?.match, second?.fate], [{udpPort: 4789}, 'pass']);
  });

  it('of an output that is not understood may do anything', () => {
    const [only] = parseTcFilters(command, '');
    assert.deepEqual([only?.match, only?.fate], ['unknown', 'unknown']);
    assert.deepEqual(parseTcFilters(command, '[]'), []);
  });

  it('take a frame for certain where they match all, or its UDP port', () => {
    const drop = {actions: [gact('drop', {prob: {random_type: 'none'}})]};
    assert.equal(verdict([filter('matchall', drop)]), 'lost');
    const port = {...drop, keys: {eth_type: 'ipv4', ip_proto: 'udp', dst_port: 4789}};
    assert.deepEqual(
      [4789, 4790, undefined].map((udpPort) => verdict([filter('flower', port)], udpPort)),
      ['lost', 'passes', 'perhaps'],
    );
    assert.equal(verdict([filter('matchall', drop, 'arp')]), 'passes');
    assert.equal(verdict([filter('matchall', {actions: [gact('pipe'), gact('drop')]})]), 'lost');
  });

  it('are in doubt where they match by what is not known, or at random', () => {
    const drop = {actions: [gact('drop')]};
    assert.equal(verdict([filter('flower', {...drop, keys: {dst_mac: '02:42:0a:00:01:09'}})]), 'perhaps');
    assert.equal(verdict([filter('bpf', {bpf_name: 'x', direct_action: true})]), 'perhaps');
    const some = {actions: [gact('drop', {prob: {random_type: 'netrand', val: 10}})]};
    assert.equal(verdict([filter('matchall', some)]), 'perhaps');
    assert.equal(
      verdict([filter('matchall', {actions: [{kind: 'pedit', control_action: {type: 'pipe'}}]})]),
      'perhaps',
    );
  });

  it('are met in their order: one that lets pass ends it, one that goes on does not', () => {
    const drop = filter('matchall', {actions: [gact('drop')]});
    assert.equal(verdict([filter('matchall', {actions: [gact('pass')]}), drop]), 'passes');
    assert.equal(verdict([filter('matchall', {actions: [gact('continue')]}), drop]), 'lost');
    assert.equal(
      verdict([filter('flower', {keys: {src_mac: 'x'}, actions: [gact('pass')]}), drop]),
      'perhaps',
    );
    assert.equal(verdict([filter('flower', {keys: {src_mac: 'x'}, actions: [gact('pass')]})]), 'passes');
    assert.equal(verdict([]), 'passes');
  });
});
