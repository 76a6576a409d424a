import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {redactIproute} from '../../src/redact/iproute.js';
import {all, mapped, scrub} from './section.js';

const redact = (output: string): string => redactIproute(output, scrub, all);

describe('what ip and bridge print', () => {
  it("keeps the kernel's words, and replaces names and addresses", () => {
    const [row] = JSON.parse(
      redact(
        JSON.stringify([
          {
            ifname: 'acme-uplink',
            flags: ['UP'],
            operstate: 'UP',
            linkinfo: {info_kind: 'veth'},
            dst: '10.0.1.9',
          },
        ]),
      ),
    );
    assert.deepEqual(
      {...row, ifname: undefined},
      {ifname: undefined, flags: ['UP'], operstate: 'UP', linkinfo: {info_kind: 'veth'}, dst: mapped},
    );
    assert.doesNotMatch(row.ifname, /acme/);
  });

  it('keeps a broadcast address what it is in the subnet of its address', () => {
    const address = (broadcast: string) => [{local: '10.0.1.9', prefixlen: 24, broadcast}];
    const [row] = JSON.parse(redact(JSON.stringify(address('10.0.1.255'))));
    assert.equal(row.local, mapped);
    assert.equal(row.broadcast, `${mapped.split('.').slice(0, 3).join('.')}.255`);
    const [odd] = JSON.parse(redact(JSON.stringify(address('10.0.1.127'))));
    assert.equal(odd.broadcast, all.address('10.0.1.127'));
  });

  it('is read line by line where a batch was asked, with what was refused in between', () => {
    const lines = redact('[{"dst":"10.0.1.9"}]\nError: acme is unreachable\n[{"dst":"10.0.1.9"}]').split(
      '\n',
    );
    assert.deepEqual([lines[0], lines[2]], [`[{"dst":"${mapped}"}]`, `[{"dst":"${mapped}"}]`]);
    assert.doesNotMatch(lines[1] ?? '', /acme/);
  });

  it('is refused where it is half of a document', () => {
    assert.throws(() => redact('[{"ifname": "eth0"'), /JSON/);
  });
});
