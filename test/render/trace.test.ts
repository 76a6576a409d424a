import {describe, it} from 'node:test';
import type {PathDocument, PublishedDocument, TraceDocument} from '../../src/answers/trace.js';
import {plainPaint} from '../../src/render/paint.js';
import {renderTraceAnswer} from '../../src/render/trace.js';
import type {Step} from '../../src/services/step.js';
import type {Backend} from '../../src/trace/targets.js';
import {probeReport} from './probe-report.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

function hop(more: Partial<Step> = {}): Step {
  return {
    host: 'node1',
    layer: 'route',
    verdict: 'pass',
    summary: 'by eth0, on the link',
    evidence: ['10.0.1.0/24 dev eth0 scope link'],
    ...more,
  };
}

const lost = hop({
  layer: 'vxlan-fdb',
  verdict: 'fail',
  device: 'vxlan0',
  summary: 'no FDB entry for 02:42:0a:00:01:09',
  evidence: ['bridge fdb show dev vxlan0: 12 rows, none of this MAC'],
  code: 'fdb-row-missing',
  cause: 'Docker did not program the endpoint here',
  kernelReason: 'VXLAN_NO_REMOTE',
  counter: 'tx_dropped of vxlan0',
  next: 'bridge fdb show dev vxlan0',
});

const path: PathDocument = {
  schemaVersion: 2,
  hosts: [],
  problems: [],
  verdict: 'web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)',
  disposition: 'dropped',
  source: 'web1',
  destination: 'web2',
  network: 'uber-net',
  chosenBy: 'both are on it, and on ingress',
  forward: {disposition: 'dropped', hops: [hop(), lost]},
  reverse: {
    disposition: 'delivered',
    hops: [
      hop({host: 'node2'}),
      hop({host: null, layer: 'underlay', verdict: 'unknown', summary: 'nothing was captured'}),
    ],
  },
};

const backend: Backend = {
  name: 'app.1',
  address: '10.0.1.20',
  node: 'node2',
  from: 'the load balancer of uber-net',
  disposition: 'dropped',
  forward: {disposition: 'dropped', hops: [hop(), lost]},
  reverse: {disposition: 'delivered', hops: [hop()]},
};

const published: PublishedDocument = {
  ...path,
  source: 'a client outside',
  destination: '8080/tcp of site',
  chosenBy: null,
  reverse: null,
  entries: [
    {
      host: 'node1',
      mode: 'ingress',
      disposition: 'dropped',
      forward: {disposition: 'delivered', hops: [hop()]},
      backends: [backend],
    },
    {
      host: 'node2',
      mode: 'host',
      disposition: 'delivered',
      forward: {disposition: 'delivered', hops: [hop()]},
      backends: [],
    },
  ],
};

const view = (of: TraceDocument, at = terminal(), verbose = false) =>
  renderTraceAnswer(of, verbose, at, plainPaint);

describe('a walk', () => {
  it('has the answer first, then each hop, and why one does not pass', () => {
    shows(
      view(path),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
    both are on it, and on ingress
forward: web1 → web2 on uber-net: dropped
├── pass    node1  route: by eth0, on the link
└── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09
        (fdb-row-missing)
reply: web2 → web1 on uber-net: delivered
├── pass    node2  route: by eth0, on the link
└── unknown between  underlay: nothing was captured
        evidence: 10.0.1.0/24 dev eth0 scope link
`,
    );
    shows(
      view(path, wide),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
    both are on it, and on ingress
forward: web1 → web2 on uber-net: dropped
├── pass    node1  route: by eth0, on the link
└── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)
reply: web2 → web1 on uber-net: delivered
├── pass    node2  route: by eth0, on the link
└── unknown between  underlay: nothing was captured
        evidence: 10.0.1.0/24 dev eth0 scope link
`,
    );
  });

  it('shows the rows of every hop where all is asked for', () => {
    shows(
      view({...path, reverse: null}, terminal(), true),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
    both are on it, and on ingress
forward: web1 → web2 on uber-net: dropped
├── pass    node1  route: by eth0, on the link
│       evidence: 10.0.1.0/24 dev eth0 scope link
└── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09
        (fdb-row-missing)
        evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
        cause: Docker did not program the endpoint here
        kernel drop reason: VXLAN_NO_REMOTE
        counter: tx_dropped of vxlan0
        check: bridge fdb show dev vxlan0
`,
    );
  });

  it('to a service has its address and each task', () => {
    shows(
      view({
        ...path,
        destination: 'app',
        vip: '10.0.1.3',
        chosenBy: null,
        reverse: null,
        backends: [backend],
      }),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
forward: web1 → app (VIP 10.0.1.3) on uber-net: dropped
├── pass    node1  route: by eth0, on the link
└── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09
        (fdb-row-missing)
backend app.1 10.0.1.20 on node2, from the load balancer of uber-net:
│   dropped
├── forward: dropped, 1 of 2 hops pass
│   └── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09
│           (fdb-row-missing)
└── reply: delivered, 1 of 1 hops pass
`,
    );
  });

  it('with real packets has what they showed, and where the model differs', () => {
    shows(
      view({...path, reverse: null, probe: probeReport({difference: 'the model lets it pass'})}),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    tables and probe disagree: the model lets it pass
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
    both are on it, and on ingress
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
forward: web1 → web2 on uber-net: dropped
├── pass    node1  route: by eth0, on the link
└── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09
        (fdb-row-missing)
`,
    );
  });

  it('lets nothing of a name through', () => {
    const hostile = hop({host: hostileName, summary: hostileName, evidence: [hostileName]});
    const document = {
      ...path,
      source: hostileName,
      destination: hostileName,
      network: hostileName,
      forward: {...path.forward, hops: [hostile]},
    };
    for (const at of [terminal(), wide]) assertEscaped(view(document, at, true));
  });
});

describe('a request from outside', () => {
  it('is told by each host that it comes in by', () => {
    shows(
      view(published),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
through node1 (routing mesh): delivered
├── pass    node1  route: by eth0, on the link
└── backend app.1 10.0.1.20 on node2, from the load balancer of uber-net:
    │   dropped
    ├── forward: dropped, 1 of 2 hops pass
    │   └── fail    node1  vxlan-fdb: vxlan0: no FDB entry for
    │           02:42:0a:00:01:09 (fdb-row-missing)
    └── reply: delivered, 1 of 1 hops pass
through node2 (host mode): delivered
└── pass    node1  route: by eth0, on the link
`,
    );
    shows(
      view(published, wide),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)
    evidence: bridge fdb show dev vxlan0: 12 rows, none of this MAC
    cause: Docker did not program the endpoint here
    kernel drop reason: VXLAN_NO_REMOTE
    counter: tx_dropped of vxlan0
    check: bridge fdb show dev vxlan0
through node1 (routing mesh): delivered
├── pass    node1  route: by eth0, on the link
└── backend app.1 10.0.1.20 on node2, from the load balancer of uber-net: dropped
    ├── forward: dropped, 1 of 2 hops pass
    │   └── fail    node1  vxlan-fdb: vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)
    └── reply: delivered, 1 of 1 hops pass
through node2 (host mode): delivered
└── pass    node1  route: by eth0, on the link
`,
    );
  });

  it('is told where no host has the port', () => {
    const none: PublishedDocument = {
      ...published,
      disposition: 'unreachable',
      entries: [],
      forward: {
        disposition: 'unreachable',
        hops: [hop({verdict: 'fail', layer: 'published', summary: 'no host publishes 8080/tcp'})],
      },
    };
    shows(
      view(none),
      `
web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09
    (fdb-row-missing)
    evidence: 10.0.1.0/24 dev eth0 scope link
not published on any host: unreachable
└── fail    node1  published: no host publishes 8080/tcp
`,
    );
  });

  it('lets nothing of a name through', () => {
    const [entry] = published.entries;
    if (!entry) throw new Error('no entry');
    const document = {
      ...published,
      entries: [
        {...entry, host: hostileName, backends: [{...backend, name: hostileName, node: hostileName}]},
      ],
    };
    for (const at of [terminal(), wide]) assertEscaped(view(document, at));
  });
});
