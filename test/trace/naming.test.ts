import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {findContainer, findDestination} from '../../src/topology/names.js';
import {type Naming, traceName, withName} from '../../src/trace/naming.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {dropLines} from '../support/balanced.js';
import {derived, dropSections, editAnswers, recordedEvidence, sectionOf} from '../support/evidence.js';

const recorded = ['node1', 'node2'].map(recordedEvidence);
const [first] = recorded;
assert.ok(first);
const plain = hostModel(first);
const {container: web1} = findContainer([plain], 'web1');
const inode = plain.namespaces.find(({file}) => file === web1.sandboxFile)?.inode;
const pid = [...plain.netnsOfPid].find(([, netns]) => netns === inode)?.[0];
/** web1's own sandbox. */
const file = web1.sandboxFile ?? '';

/** As the collector tells what a container's resolv.conf says. */
const asks = (text: string) => (draft: HostEvidence) => {
  sectionOf(draft, undefined, 'processes').output += `resolver.${pid}=${text}\n`;
};
const docker = asks('nameserver 127.0.0.11; options ndots:0');

function hosts(...changes: ((draft: HostEvidence) => void)[]): HostModel[] {
  return recorded.map((host, index) =>
    hostModel(
      derived(host, (draft) => {
        if (index === 0) for (const change of changes) change(draft);
      }),
    ),
  );
}

function asked(read: HostModel[], to: string, from = 'web1'): {naming: Naming | undefined; answer: Trace} {
  const source = findContainer(read, from);
  const {target, name} = findDestination(read, to);
  const answer = trace(read, source, target);
  return {naming: name === undefined ? undefined : traceName(source, target, answer, name), answer};
}

/** Whether web2 resolves for web1, and the code of what stands against it. */
function outcome(...changes: ((draft: HostEvidence) => void)[]): string {
  const {naming} = asked(hosts(...changes), 'web2');
  return `${naming?.resolves} ${naming?.hops.find(({verdict}) => verdict === 'fail')?.code ?? '-'}`;
}

const gossip =
  (change: (services: Record<string, {VIP: string; Tasks: {Name: string; EndpointIP: string}[]}>) => void) =>
  (draft: HostEvidence) =>
    editAnswers(draft, /^\/networks\/[^?]+\?verbose=true$/, (body) => {
      if (body.Name === 'uber-net') change(body.Services);
    });

describe('the name that is asked for', () => {
  it('is followed from resolv.conf over the rules and the socket to what the engine knows', () => {
    const {naming} = asked(hosts(docker), 'web2');
    assert.equal(naming?.resolves, true);
    assert.deepEqual(
      naming?.hops.map(({layer, verdict}) => `${layer} ${verdict}`),
      ['name pass', 'name pass', 'name pass', 'name pass'],
    );
  });

  it('is a container, a service, a task in full or an id of 12 digits; nothing else that was typed', () => {
    const read = hosts(docker);
    const {container: web2} = findContainer(read, 'web2');
    const {container: task} = findContainer(read, 'service:app@node2');
    for (const [typed, resolves] of [
      ['web2', true],
      ['container:web2', true],
      ['web2@node2', true],
      ['app', true],
      ['service:app', true],
      [task.name, true],
      // It resolves, but of containers on other hosts gossip's list has the first names alone.
      [web2.id.slice(0, 12), null],
    ] as const)
      assert.equal(asked(read, typed).naming?.resolves, resolves, typed);
    for (const typed of [web2.id.slice(0, 6), '10.0.1.9', 'task:app.1'])
      assert.equal(asked(read, typed).naming, undefined, typed);
  });

  it('is none of the engine without a network of its own', () => {
    const read = hosts(docker);
    assert.equal(asked(read, 'web2', 'on-host').naming, undefined);
    assert.equal(asked(read, 'web2', 'quiet1').naming, undefined);
  });

  it('says which part is missing', () => {
    assert.equal(outcome(asks('nameserver 192.0.2.53; nameserver 127.0.0.11')), 'false dns-other-server');
    assert.equal(
      outcome(docker, (draft) => dropLines(draft, file, 'iptables-nft', /-A OUTPUT .*DOCKER_OUTPUT/)),
      'false dns-rules-missing',
    );
    assert.equal(
      outcome(docker, (draft) => dropLines(draft, file, 'iptables-nft', /-p udp .*-j DNAT/)),
      'false dns-rules-missing',
    );
    assert.equal(
      outcome(docker, (draft) => dropLines(draft, file, 'proc', /\/proc\/net\/udp:.*0B00007F/)),
      'false dns-listener-missing',
    );
    assert.equal(
      outcome(
        docker,
        gossip((services) => {
          services[''] = {VIP: '', Tasks: []};
        }),
      ),
      'false dns-name-unknown',
    );
    assert.equal(
      outcome(
        docker,
        gossip((services) => {
          for (const task of services['']?.Tasks ?? [])
            if (task.Name === 'web2') task.EndpointIP = '10.0.1.99';
        }),
      ),
      'false dns-answer-differs',
    );
  });

  it('is unknown where a part was not read, and that decides nothing', () => {
    assert.equal(outcome(), 'null -');
    assert.equal(
      outcome(docker, (draft) =>
        dropSections(draft, ({netns, name}) => netns === file && name.startsWith('iptables')),
      ),
      'null -',
    );
    assert.equal(
      outcome(docker, (draft) => dropSections(draft, ({netns, name}) => netns === file && name === 'proc')),
      'null -',
    );
    assert.equal(
      outcome(docker, (draft) =>
        editAnswers(draft, /^\/networks\/[^?]+\?verbose=true$/, (body) => {
          delete body.Services;
        }),
      ),
      'null -',
    );
    const {naming, answer} = asked(hosts(), 'web2');
    assert.ok(naming);
    assert.equal(withName(answer, naming).disposition, answer.disposition);
  });

  it('may be led on by nftables, whose rules are not walked', () => {
    const nft = (draft: HostEvidence) => {
      dropLines(draft, file, 'iptables-nft', /DOCKER_OUTPUT/);
      sectionOf(draft, file, 'nft').output = JSON.stringify({
        nftables: [
          {
            chain: {
              family: 'ip',
              table: 'docker-dns',
              name: 'output',
              hook: 'output',
              type: 'nat',
              prio: -100,
              policy: 'accept',
            },
          },
          {rule: {family: 'ip', table: 'docker-dns', chain: 'output', expr: []}},
        ],
      });
    };
    assert.equal(outcome(docker, nft), 'null -');
    // An engine of today may have rules that no iptables shows, and this host no nft to see them.
    const unseen = (version: string) => (draft: HostEvidence) => {
      dropLines(draft, file, 'iptables-nft', /DOCKER_OUTPUT/);
      dropSections(draft, ({netns, name}) => netns === file && name === 'nft');
      editAnswers(draft, /^\/info$/, (body) => {
        body.ServerVersion = version;
      });
    };
    assert.equal(outcome(docker, unseen('29.6.1')), 'null -');
    assert.equal(outcome(docker, unseen('28.5.2')), 'false dns-rules-missing');
  });

  it('comes before the way, and makes what would pass unresolved', () => {
    const read = hosts(docker, (draft) => dropLines(draft, file, 'iptables-nft', /DOCKER_OUTPUT/));
    const {naming, answer} = asked(read, 'web2');
    assert.ok(naming);
    assert.match(answer.disposition, /^deliver/);
    const whole = withName(answer, naming);
    assert.deepEqual([whole.disposition, whole.forward.disposition], ['unresolved', 'unresolved']);
    assert.deepEqual(whole.name, {asked: 'web2', resolves: false});
    assert.equal(whole.forward.hops[0]?.layer, 'name');
    assert.equal(whole.reverse, answer.reverse);
    // A real question counts more than what was read.
    assert.match(withName(answer, naming, {resolves: true, text: 'it is'}).disposition, /^deliver/);
    assert.equal(withName(answer, naming, {resolves: null, text: 'nobody asked'}).disposition, 'unresolved');
    // What is lost on the way is the worse of the two.
    const lost = {...answer, forward: {...answer.forward, disposition: 'dropped' as const}};
    assert.equal(withName(lost, naming).forward.disposition, 'dropped');
  });

  it('leaves what connections to a VIP have proven of its tasks', () => {
    const {naming, answer} = asked(hosts(), 'web2');
    assert.ok(naming);
    const {forward, reverse} = answer;
    const task = {name: 'task', address: '10.0.1.9', node: null, forward, reverse};
    const backends = [{...task, disposition: 'deliverable' as const}] as unknown as Trace['backends'];
    const arrived = {
      ...answer,
      disposition: 'delivered',
      forward: {...forward, disposition: 'delivered'},
      backends,
    } as Trace;
    assert.equal(withName(arrived, naming).disposition, 'delivered');
  });
});
