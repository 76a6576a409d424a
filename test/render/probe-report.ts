import type {ProbeReport} from '../../src/probe/probe.js';

const seen = {packets: 3, firstSeen: '1767323045.100000', lastSeen: '1767323047.300000'};
const unseen = {packets: 0, firstSeen: null, lastSeen: null};

/** A probe of which the packets left node1 and never reached node2. */
export function probeReport(more: Partial<ProbeReport> = {}): ProbeReport {
  return {
    plan: {
      from: {host: 'node1', container: 'web1', netns: 'aaaaaaaaaaaa', address: '10.0.1.5'},
      to: {name: 'web2', address: '10.0.1.9'},
      name: null,
      sends: [{kind: 'echo', count: 3}],
      mtu: null,
      mostPackets: 20,
      captures: [],
      gaps: [{host: 'node2', point: 'container', reason: 'tcpdump is missing'}],
      notes: [],
    },
    points: [
      {
        host: 'node1',
        point: 'container',
        netns: 'aaaaaaaaaaaa',
        interface: 'eth0',
        forward: seen,
        reverse: unseen,
      },
      {
        host: 'node1',
        point: 'uplink',
        netns: '@host',
        interface: 'eth0',
        forward: seen,
        reverse: unseen,
        outer: ['192.168.1.4 to 192.168.1.5'],
      },
      {
        host: 'node2',
        point: 'uplink',
        netns: '@host',
        interface: 'eth0',
        forward: unseen,
        reverse: unseen,
        sealed: {forward: 4, reverse: 2},
      },
      {
        host: 'node2',
        point: 'vxlan',
        netns: '1-ft3hjmt9wa',
        interface: 'vxlan0',
        forward: unseen,
        reverse: unseen,
        failure: 'tcpdump ended',
      },
    ],
    lastSeen: {forward: null, reverse: null},
    received: 0,
    verdict: {
      code: 'lost-after',
      direction: 'forward',
      after: null,
      before: null,
      text: 'last seen at the uplink of node1',
      notes: ['the answer of ARP was right'],
    },
    name: null,
    sent: 3,
    loss: {lost: 3, percent: 100, lowPercent: 36.8, highPercent: 100},
    roundTrip: null,
    packets: 3,
    mtu: null,
    mtuLost: null,
    model: {disposition: 'delivered', forward: 'delivered', reverse: 'delivered'},
    agreesWithModel: false,
    difference: null,
    ...more,
  };
}
