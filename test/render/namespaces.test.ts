import {describe, it} from 'node:test';
import type {NamespaceRow} from '../../src/answers/namespace-rows.js';
import {renderNamespaces} from '../../src/render/namespaces.js';
import {plainPaint} from '../../src/render/paint.js';
import {assertEscaped, hostileName, shows, terminal, wide} from './support.js';

const overlay: NamespaceRow = {
  host: 'node1',
  netns: '1-ft3hjmt9wa',
  kind: 'overlay',
  network: 'uber-net',
  networks: ['uber-net'],
  vni: 4097,
  vnis: [4097],
  subnets: ['10.0.1.0/24'],
  container: null,
  containers: [],
  task: null,
  service: null,
  inode: 4026532500,
  state: 'live',
  linkCount: 5,
  routeCount: 2,
  neighbourCount: 3,
  fdbCount: 12,
  note: null,
};
const container: NamespaceRow = {
  ...overlay,
  netns: 'aaaaaaaaaaaa',
  kind: 'container',
  network: null,
  networks: ['uber-net', 'docker_gwbridge'],
  vni: null,
  vnis: [],
  subnets: [],
  container: 'web1',
  containers: ['web1', 'beside-web1'],
  linkCount: 3,
  fdbCount: null,
};
const dead: NamespaceRow = {
  ...overlay,
  host: 'node2',
  netns: '2-ft3hjmt9wa',
  inode: null,
  state: 'dead',
  linkCount: null,
  neighbourCount: null,
  fdbCount: null,
  note: 'no namespace is mounted on this file',
};

const view = (rows: NamespaceRow[], at = terminal()) => renderNamespaces(rows, at, plainPaint);

describe('namespaces', () => {
  it('are a row each, with what lives in them', async () => {
    shows(
      await view([overlay, container]),
      `
NAMESPACE     KIND       NETWORK         CONTAINER      VNI   SUBNET       STATE
1-ft3hjmt9wa  overlay    uber-net        -              4097  10.0.1.0/24  live
aaaaaaaaaaaa  container  uber-ne…bridge  web1, …e-web1  -     -            live
Not shown: INODE, LINKS, FDB, NEIGH (--wide shows all)
`,
    );
    shows(
      await view([overlay, container], wide),
      `
NAMESPACE     KIND       NETWORK                    CONTAINER          VNI   SUBNET       STATE  INODE       LINKS  FDB  NEIGH
1-ft3hjmt9wa  overlay    uber-net                   -                  4097  10.0.1.0/24  live   4026532500      5   12      3
aaaaaaaaaaaa  container  uber-net, docker_gwbridge  web1, beside-web1  -     -            live   4026532500      3    -      3
`,
    );
  });

  it('have their host and a note where there is more than one to tell', async () => {
    shows(
      await view([overlay, dead]),
      `
HOST   NAMESPACE     KIND     NETWORK   CONTAINER  VNI   SUBNET       STATE
node1  1-ft3hjmt9wa  overlay  uber-net  -          4097  10.0.1.0/24  live
node2  2-ft3hjmt9wa  overlay  uber-net  -          4097  10.0.1.0/24  dead
Not shown: INODE, LINKS, FDB, NEIGH, NOTE (--wide shows all)
`,
    );
    shows(
      await view([overlay, dead], wide),
      `
HOST   NAMESPACE     KIND     NETWORK   CONTAINER  VNI   SUBNET       STATE  INODE       LINKS  FDB  NEIGH  NOTE
node1  1-ft3hjmt9wa  overlay  uber-net  -          4097  10.0.1.0/24  live   4026532500      5   12      3
node2  2-ft3hjmt9wa  overlay  uber-net  -          4097  10.0.1.0/24  dead   -               -    -      -  no namespace is mounted on this file
`,
    );
  });

  it('are nothing where there are none', async () => {
    shows(await view([]), '');
  });

  it('let nothing of a name through', async () => {
    const hostile = {
      ...container,
      host: hostileName,
      name: hostileName,
      networks: [hostileName],
      containers: [hostileName],
      note: hostileName,
    };
    for (const at of [terminal(), wide]) assertEscaped(await view([overlay, hostile], at));
  });
});
