import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {Step} from '../../src/services/step.js';
import {findContainer, findDestination} from '../../src/topology/names.js';
import {traceName} from '../../src/trace/naming.js';
import {tracePublished} from '../../src/trace/published.js';
import {trace} from '../../src/trace/trace.js';
import {commandsOf, examine} from '../checks/support.js';
import {derived, fixtureEvidence, sectionOf} from '../support/evidence.js';

const directory = '/srv/engine one/netns';
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** The hosts of a folder of fixtures, with engines that keep their namespaces elsewhere. */
function moved(folder: string): HostModel[] {
  const files = readdirSync(`${fixtures}${folder}`).filter((file) => file.endsWith('.json.gz'));
  return files.sort().map((file) =>
    hostModel(
      derived(fixtureEvidence(`${folder}/${file.replace('.json.gz', '')}`), (draft) => {
        const about = sectionOf(draft, undefined, 'about');
        about.output = about.output.replaceAll(/^(netnsDir|netnsPath)=.*$/gm, `$1=${directory}`);
      }),
    ),
  );
}

const foldersOf = (folder: string) =>
  readdirSync(`${fixtures}${folder}`, {withFileTypes: true}).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}/${entry.name}`] : [],
  );

/** What is wrong with commands that name a namespace; how many there were. */
function judge(hosts: HostModel[], commands: string[]): {wrong: string[]; named: number} {
  const paths = hosts.flatMap(({namespaces}) => namespaces.map(({file}) => `'${directory}/${file}'`));
  const starts = (path: string) => [
    `nsenter --net=${path} `,
    `rm ${path}`,
    `umount ${path}`,
    `stat -f -c %T ${path}`,
  ];
  const naming = commands.filter((command) => /nsenter|netns/.test(command));
  const right = (command: string) =>
    paths.some((path) =>
      [...starts(path).map((start) => command.startsWith(start)), command.endsWith(` ${path}`)].includes(
        true,
      ),
    ) &&
    // Nothing else in a recording needs quotes.
    !command.replaceAll(/'\/srv[^']*'/g, '').includes("'");
  return {wrong: naming.filter((command) => !right(command)), named: naming.length};
}

const nextOf = (hops: readonly Step[] = []) => hops.flatMap(({next}) => next ?? []);

describe('advice where the engine keeps its namespaces elsewhere', () => {
  it('doctor names real files there in every remedy', () => {
    const folders = [
      ...[
        'fdb-row-missing',
        'neighbour-missing',
        'fdb-wrong-vtep',
        'stale',
        'fdb-learned-only',
        'veth-unplugged',
      ].map((name) => `recorded/${name}`),
      'recorded/vxlan-down',
      'recorded/trace/local-mac-on-vxlan',
      ...foldersOf('recorded/doctor'),
      ...foldersOf('recorded/full'),
      ...foldersOf('derived'),
    ];
    const kinds = new Set<string>();
    for (const folder of folders) {
      const hosts = moved(folder);
      const {findings} = examine(...hosts);
      for (const finding of findings) {
        const {code} = finding;
        const {wrong, named} = judge(hosts, commandsOf(finding));
        assert.deepEqual(wrong, [], `${folder}: ${code}`);
        if (named > 0) kinds.add(code);
      }
    }
    // Kinds of findings that name a namespace, so that none is passed over unseen.
    assert.ok(kinds.size >= 20, [...kinds].sort().join(' '));
  });

  it('trace names real files there in every next step', () => {
    const kinds = new Set<string>();
    for (const folder of foldersOf('recorded/trace')) {
      const hosts = moved(folder);
      for (const [from, to] of [
        ['web1', 'web2'],
        ['web2', 'web1'],
        ['ts1a', 'ts2b'],
        ['web1', 'service:app@node1'],
      ] as const) {
        const [source, target] = [findContainer(hosts, from), findContainer(hosts, to)];
        const answer = trace(hosts, source, target, {traffic: {protocol: 'tcp', dport: 9}});
        const naming = traceName(source, target, answer, target.container.name);
        const hops = [...answer.forward.hops, ...(answer.reverse?.hops ?? []), ...(naming?.hops ?? [])];
        for (const hop of hops) {
          const {wrong, named} = judge(hosts, nextOf([hop]));
          assert.deepEqual(wrong, [], `${folder}: ${from} to ${to}`);
          if (named > 0) kinds.add(`${hop.layer} ${hop.code}`);
        }
      }
    }
    assert.ok(kinds.size >= 15, [...kinds].sort().join(', '));
  });

  it('so does trace to a service and to a published port', () => {
    const kinds = new Set<string>();
    for (const folder of [...foldersOf('recorded/full'), ...foldersOf('derived')]) {
      const all = moved(folder);
      // Some folders hold two readings of a host.
      const hosts = all.filter(({key}, at) => all.findIndex((other) => other.key === key) === at);
      const {entries} = tracePublished(hosts, {port: 8080, protocol: 'tcp'});
      const {target} = findDestination(hosts, 'app');
      const toService = trace(hosts, findContainer(hosts, 'web1'), target);
      const walks = [...entries, toService].map(({forward}) => forward);
      for (const hop of walks.flatMap((walk) => walk?.hops ?? [])) {
        const {wrong, named} = judge(hosts, nextOf([hop]));
        assert.deepEqual(wrong, [], folder);
        if (named > 0) kinds.add(`${hop.layer} ${hop.code}`);
      }
    }
    assert.ok(kinds.size >= 6, [...kinds].sort().join(', '));
  });
});
