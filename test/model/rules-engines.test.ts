import assert from 'node:assert/strict';
import {test} from 'node:test';
import {parseRulesJson, parseRulesText} from '../../src/model/iproute/rule.js';

// Printed by iproute2 6.15.0 and 7.3.0 for the same rules; 6.1 prints no masks at all.
const text = `0:	from all lookup local proto kernel
32763:	from all dport 90 lookup 100 proto unspec
32764:	from all dport 0x1b0/0xfff0 lookup 100 proto unspec
32765:	from all sport 0x5000/0xff00 lookup 100 proto unspec
32766:	from all lookup main proto kernel
`;
const json = `[{"priority":0,"src":"all","table":"local","protocol":"kernel"},
{"priority":32763,"src":"all","dport":90,"dport_mask":"0xffff","table":"100","protocol":"unspec"},
{"priority":32764,"src":"all","dport":432,"dport_mask":"0xfff0","table":"100","protocol":"unspec"},
{"priority":32765,"src":"all","sport":20480,"sport_mask":"0xff00","table":"100","protocol":"unspec"},
{"priority":32766,"src":"all","table":"main","protocol":"kernel"}]`;

test('a mask that leaves nothing out is no part of a rule, in JSON as in text', () => {
  const read = parseRulesJson(json);
  assert.deepEqual(read.problems, []);
  assert.deepEqual(read.rows, parseRulesText(text).rows);
  assert.deepEqual(
    read.rows.map(({other}) => other),
    [undefined, {dport: '90'}, {dport: '0x1b0/0xfff0'}, {sport: '0x5000/0xff00'}, undefined],
  );
});

test('flow labels and DSCP', () => {
  const {rows} = parseRulesJson(`[
{"priority":1,"src":"all","table":"100","flowlabel":"0x7","flowlabel_mask":"0xfffff"},
{"priority":2,"src":"all","table":"100","flowlabel":"0x5","flowlabel_mask":"0xff"},
{"priority":3,"src":"all","table":"100","protocol":"unspec","dscp":"CS1","dscp_mask":"0x3f"}]`);
  assert.deepEqual(
    rows.map(({other}) => other),
    [{flowlabel: '0x7'}, {flowlabel: '0x5/0xff'}, {dscp: 'CS1'}],
  );
});
