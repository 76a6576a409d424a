import assert from 'node:assert/strict';
import {isIP} from 'node:net';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {ipVersion} from '../../src/base/ip-version.js';

const samples = [
  ...[
    '10.0.1.9',
    '::',
    '::1',
    'fe80::1',
    '2001:db8::192.0.2.1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '1:2:3:4:5:6:7:8',
  ],
  ...[
    '',
    'all',
    'default',
    '10.0.1',
    '10.0.1.256',
    '1:2',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    '1::2::3',
    'g::1',
    '::1/64',
  ],
  ...[
    '02:42:0a:00:01:09',
    '::1\u0000',
    '::1 ',
    ' ::1',
    '::1\n',
    '[::1]',
    'fe80::1%',
    '::12345',
    '1.2.3.4:80',
  ],
];

describe('the version of an address', () => {
  it("is what Node's own function says of it", () => {
    for (const text of samples) assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
    const parts = fc.array(
      fc.constantFrom('0', 'a', 'ff', '1234', ':', '::', '.', '10', '%', 'g', '255.', ' '),
      {maxLength: 14},
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV6(),
          fc.ipV4(),
          fc.string(),
          parts.map((all) => all.join('')),
        ),
        (text) => {
          assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
        },
      ),
      {numRuns: 3000},
    );
  });
});
