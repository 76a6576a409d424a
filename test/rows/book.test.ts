import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {linkGroups} from '../../src/answers/link-rows.js';
import {namespaceRows} from '../../src/answers/namespace-rows.js';
import type {HostModel} from '../../src/model/host.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {rawFdb} from '../../src/rows/fdb-raw.js';
import {knownHost} from '../../src/topology/known-host.js';
import {dockerAnswers, dockerContainer, type MadeHost, madeModel, type Raw} from '../support/evidence.js';

/** What a book printed of three hosts of a key-value-store swarm, as text without -j and without flags. */
const text = (name: string) => readFileSync(new URL(`../../fixtures/book/${name}`, import.meta.url), 'utf8');
const sandbox = '2-4695c5484e';
const container = 'eb40d6527d17';
const id = '4695c5484e'.padEnd(64, '0');

function network(endpoints: Raw): Raw {
  return {
    Id: id,
    Name: 'overlay1',
    Driver: 'overlay',
    Scope: 'global',
    IPAM: {Config: [{Subnet: '172.16.16.0/24'}]},
    Containers: endpoints,
  };
}

function engine(name: string, ip: string, mac: string, key: string): Record<string, Raw> {
  const web = dockerContainer(name, {
    pid: 300,
    key,
    networks: {overlay1: {NetworkID: id, IPAddress: ip, MacAddress: mac}},
  });
  const own = network({[web.Id]: {Name: name, MacAddress: mac, IPv4Address: `${ip}/24`, EndpointID: name}});
  return dockerAnswers([web], [own], {ID: name});
}

const docker4: MadeHost = {
  hostname: 'docker4',
  hostInode: 4004,
  files: [
    {name: sandbox, inode: 5000},
    {name: container, inode: 5001},
  ],
  tables: {
    [sandbox]: {
      // Asked with -d, `ip` also tells the kind and the VNI; the book's walk-through gives it as 260.
      addr: text('overlay-link.txt').replace(
        /(11: vxlan1:.*\n.*link-netnsid 0)\n/,
        '$1 promiscuity 1\n    vxlan id 260 srcport 0 0 dstport 4789 proxy l2miss l3miss ageing 300\n',
      ),
      // `show dev vxlan1` leaves the device out of each row.
      fdb: text('overlay-fdb-dev-vxlan1.txt').replaceAll(/^(\S+)/gm, '$1 dev vxlan1'),
      neigh: '',
    },
    [container]: {addr: text('web2-2-link.txt')},
  },
  docker: engine('web2-2', '172.16.16.131', '02:42:ac:10:10:83', container),
};

const docker2: MadeHost = {
  hostname: 'docker2',
  hostInode: 4002,
  files: [{name: 'aaaaaaaaaaaa', inode: 6001}],
  tables: {'@host': {addr: text('docker2-addr.txt')}, aaaaaaaaaaaa: {addr: text('web1-link.txt')}},
  docker: engine('web1', '172.16.16.129', '02:42:ac:10:10:81', 'aaaaaaaaaaaa'),
};

/** The book does not print docker3's own address; its rows do. */
const docker3: MadeHost = {
  hostname: 'docker3',
  hostInode: 4003,
  tables: {
    '@host': {addr: text('docker2-addr.txt').replaceAll('10.10.10.', '192.168.50.').replace('.102', '.101')},
  },
  docker: engine('web2', '172.16.16.130', '02:42:ac:10:10:82', ''),
};

describe("a book's hosts, read as text", () => {
  const hosts: HostModel[] = [docker4, docker2, docker3].map(madeModel);
  const [four] = hosts;
  assert.ok(four);

  it('parse without a problem', () => {
    for (const {name, problems} of hosts) assert.deepEqual(problems, [], name);
  });

  it("pair veth2@if12 with index 13 with web2-2's eth0@if13 with index 12", () => {
    const [group] = linkGroups([four]).filter(({netns}) => netns === sandbox);
    const port = group?.links.find(({name}) => name === 'veth2');
    assert.deepEqual(
      [port?.ifindex, port?.peer?.owner, port?.peer?.name, port?.peer?.ifindex, port?.peer?.mac],
      [13, 'web2-2', 'eth0', 12, '02:42:ac:10:10:83'],
    );
    assert.equal(port?.peer?.proof, 'docker-mac');
  });

  it('pair the same two without Docker, as the only candidates', () => {
    const alone = madeModel({...docker4, docker: {}});
    const {peer, proof} = knownHost(alone).pairs(sandbox, 13) ?? {};
    assert.deepEqual([peer?.netns, peer?.link.ifindex, proof], [container, 12, 'only-candidate']);
    // Its second leg leads to a bridge that the book does not print.
    assert.match(knownHost(alone).pairs(container, 14)?.reason ?? '', /index 15/);
    // Without -d the text names no kind: vxlan1 must not be taken for a veth of something.
    const plain = madeModel({
      ...docker4,
      docker: {},
      tables: {...docker4.tables, [sandbox]: {addr: text('overlay-link.txt')}},
    });
    assert.equal(knownHost(plain).pairs(sandbox, 11)?.peer, undefined);
    // Nor can it be said then what its FDB is lacking.
    const blind = [
      madeModel({...docker4, tables: {[sandbox]: {addr: text('overlay-link.txt')}}}),
      ...hosts.slice(1),
    ];
    assert.deepEqual(
      fdbEntries(blind, id).map(({host, status}) => `${host} ${status}`),
      ['docker4 unknown', 'docker4 unknown', 'docker4 local'],
    );
  });

  it('know docker2 and docker3 by the address that rows of docker4 point at', () => {
    assert.deepEqual(
      hosts.map((host) => knownHost(host).vtepAmong(hosts)),
      [
        undefined,
        {address: '10.10.10.102', source: 'peer-row'},
        {address: '192.168.50.101', source: 'peer-row'},
      ],
    );
  });

  it('name docker3 and docker2 in the two rows of the FDB', () => {
    const rows = rawFdb(hosts, id, fdbEntries(hosts, id)).filter(({plane}) => plane === 'self');
    assert.deepEqual(
      rows.map(({mac, note}) => [mac, note]),
      [
        ['02:42:ac:10:10:82', 'programmed: frames for web2 go to VTEP 192.168.50.101 (docker3)'],
        ['02:42:ac:10:10:81', 'programmed: frames for web1 go to VTEP 10.10.10.102 (docker2)'],
      ],
    );
  });

  it('miss the neighbour entries that the book does not print', () => {
    const entries = fdbEntries(hosts, id).filter(({host}) => host === 'docker4');
    assert.deepEqual(
      entries.map(({address: ip, endpoint, node, vni, status}) => [ip, endpoint.name, node, vni, status]),
      [
        // `ip link` prints no addresses, so the subnet of the bridge is not known, and no VNI for an address of its own.
        ['172.16.16.131', 'web2-2', 'docker4', null, 'local'],
        ['172.16.16.129', 'web1', 'docker2', 260, 'neighbour-missing'],
        ['172.16.16.130', 'web2', 'docker3', 260, 'neighbour-missing'],
      ],
    );
  });

  it('recognise the sandbox of a second epoch', () => {
    const row = namespaceRows([four]).find(({netns: name}) => name === sandbox);
    assert.deepEqual(
      [row?.kind, row?.network, row?.vni, row?.subnets],
      ['overlay', 'overlay1', 260, ['172.16.16.0/24']],
    );
  });
});
