import {describe, it} from 'node:test';
import type {ProbeReport} from '../../src/probe/probe.js';
import {plainPaint} from '../../src/render/paint.js';
import {probeNodes} from '../../src/render/probe.js';
import {renderTree} from '../../src/render/tree.js';
import {probeReport} from './probe-report.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

const view = (report: ProbeReport, at = terminal(), verbose = false) =>
  renderTree(probeNodes(report, verbose), at, plainPaint);

const mtu = {
  interfaceMtu: 1450,
  largestPassing: 1400,
  largestWhole: 1400,
  smallestNot: 1401,
  exact: true,
  sizes: [
    {size: 1400, result: 'whole' as const},
    {size: 1450, result: 'lost' as const},
  ],
};

describe('what real packets showed', () => {
  it('is the verdict, then point by point', () => {
    shows(
      view(probeReport()),
      `
probe: lost-after: last seen at the uplink of node1
│   3 of 3 lost
│   predicted from tables: delivered (forward delivered, reply delivered)
│   the answer of ARP was right
│   no capture at container of node2: tcpdump is missing
├── node1  container eth0: 3 of 3 out, 0 back
├── node1  uplink eth0: 3 of 3 out, 0 back
├── node2  uplink eth0: encrypted; 4 ESP packets out, 2 back (of any
│       traffic)
└── node2  vxlan vxlan0: no capture: tcpdump ended
`,
    );
    shows(
      view(probeReport(), wide, true),
      `
probe: lost-after: last seen at the uplink of node1
│   3 of 3 lost
│   predicted from tables: delivered (forward delivered, reply delivered)
│   the answer of ARP was right
│   no capture at container of node2: tcpdump is missing
├── node1  container eth0: 3 of 3 out, 0 back
│       in aaaaaaaaaaaa
│       out from 03:04:05.100000 to 03:04:07.300000 by this host's clock
├── node1  uplink eth0: 3 of 3 out, 0 back
│       in @host; outer 192.168.1.4 to 192.168.1.5
│       out from 03:04:05.100000 to 03:04:07.300000 by this host's clock
├── node2  uplink eth0: encrypted; 4 ESP packets out, 2 back (of any traffic)
└── node2  vxlan vxlan0: no capture: tcpdump ended
`,
    );
  });

  it('has the times of those that were answered, and what the name is', () => {
    const verdict = {
      code: 'arrived' as const,
      direction: null,
      after: null,
      before: null,
      text: 'all were answered',
      notes: [],
    };
    const name = {
      asked: 'web2',
      server: '127.0.0.11',
      result: 'answered',
      addresses: ['10.0.1.9'],
      resolves: true,
      text: 'web2 is told as 10.0.1.9',
      agreesWithModel: true,
    } satisfies ProbeReport['name'];
    shows(
      view(
        probeReport({
          verdict,
          name,
          points: [],
          received: 3,
          loss: {lost: 0, percent: 0, lowPercent: 0, highPercent: 63.2},
          roundTrip: {minMs: 0.2, meanMs: 0.3, maxMs: 0.5},
        }),
      ),
      `
probe: web2 is told as 10.0.1.9
probe: arrived: all were answered
    0 of 3 lost: below 64 %, round trip 0.2 to 0.5 ms, 0.3 on average
    predicted from tables: delivered (forward delivered, reply delivered)
    no capture at container of node2: tcpdump is missing
`,
    );
  });

  it('has the largest packet that passes', () => {
    const of = (more: Partial<NonNullable<ProbeReport['mtu']>>) =>
      view(probeReport({points: [], mtu: {...mtu, ...more}}), wide)
        .split('\n')
        .filter((line) => line.startsWith('mtu'))
        .join('\n');
    shows(of({}), 'mtu: packets up to 1400 bytes pass; interface MTU is 1450');
    shows(
      of({exact: false, smallestNot: 1425}),
      'mtu: packets up to 1400 bytes pass (1425 do not); interface MTU is 1450',
    );
    shows(
      of({largestPassing: 1450}),
      'mtu: full-size packets (1450 bytes) pass, fragmented by the underlay above 1400 bytes',
    );
    shows(
      of({largestPassing: 1450, largestWhole: 1450, smallestNot: null}),
      'mtu: full-size packets (1450 bytes) pass unfragmented',
    );
    shows(
      view(
        probeReport({
          points: [],
          mtu,
          mtuLost: {...probeReport().verdict, text: 'lost after the uplink of node1'},
        }),
        terminal(),
        true,
      ),
      `
probe: lost-after: last seen at the uplink of node1
    3 of 3 lost
    predicted from tables: delivered (forward delivered, reply delivered)
    the answer of ARP was right
    no capture at container of node2: tcpdump is missing
mtu: packets up to 1400 bytes pass; interface MTU is 1450
    larger packets: lost after the uplink of node1
    sizes tried: 1400 whole, 1450 lost
`,
    );
  });

  it('lets nothing of a name through', () => {
    const [point] = probeReport().points;
    if (!point) throw new Error('no point');
    const report = probeReport({
      points: [{...point, host: hostileName, interface: hostileName}],
      verdict: {...probeReport().verdict, text: hostileName},
    });
    for (const at of [terminal(), wide]) assertEscaped(view(report, at, true));
  });
});
