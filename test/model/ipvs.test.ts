import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseIpvs} from '../../src/model/ipvs.js';

/** By the format strings of net/netfilter/ipvs/ip_vs_ctl.c; rows end with the padding of their last number. */
const text = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0A80001:0050 wlc persistent 300 FFFFFFFF
  -> 0A000109:0050      Route   3      0          0         
FWM  00000100 rr 
  -> 0A000104:0000      Masq    1      12         3         
  -> 0A000103:0000      Masq    0      0          0         
FWM  00000102 rr ops persistent 360 FFFFFFFF
  -> [fd00:0000:0000:0000:0000:0000:0000:0002]:0000      Masq    1      0          0         
FWM  00000103 rr 
`;

describe('/proc/net/ip_vs', () => {
  it('gives services by their mark, with addresses as they are written', () => {
    const {services, problems} = parseIpvs(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      services.map(({mark, destinations}) => [
        mark,
        destinations.map(({address, forward, weight, active}) => `${address} ${forward} ${weight} ${active}`),
      ]),
      [
        [undefined, ['10.0.1.9 Route 3 0']],
        [0x100, ['10.0.1.4 Masq 1 12', '10.0.1.3 Masq 0 0']],
        [0x102, ['fd00:0000:0000:0000:0000:0000:0000:0002 Masq 1 0']],
        [0x103, []],
      ],
    );
    assert.equal(services[1]?.destinations[0]?.text, '-> 0A000104:0000 Masq 1 12 3');
  });

  it('says which rows it does not understand, and takes none for a destination of the wrong service', () => {
    const odd = parseIpvs('FWM  00000100 rr \n  -> something else\nXYZ  00000101 rr \n');
    assert.equal(odd.services.length, 1);
    assert.deepEqual(odd.problems, ['  -> something else', 'XYZ  00000101 rr ']);
    assert.deepEqual(parseIpvs('  -> 0A000104:0000      Masq    1      0          0\n').problems.length, 1);
    assert.deepEqual(parseIpvs(''), {services: [], problems: []});
  });
});
