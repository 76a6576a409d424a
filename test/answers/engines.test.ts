/** What the lab started is what must be found, by whatever names and numbers an engine has put on it. */
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {inspectContainer} from '../../src/answers/inspect.js';
import {linkGroups} from '../../src/answers/link-rows.js';
import {namespaceRows} from '../../src/answers/namespace-rows.js';
import {networkRows} from '../../src/answers/network-rows.js';
import {hostModel} from '../../src/model/host.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {knownHost} from '../../src/topology/known-host.js';
import {findContainer, findNetwork} from '../../src/topology/names.js';
import {sameMachine} from '../../src/topology/same-machine.js';
import {nodeSpecs} from '../lab/topology.js';
import {containers, localNetworks, swarmNetworks} from '../lab/workload.js';
import {derived, recordedEvidence, recordedModel} from '../support/evidence.js';
import {refuseTables, withHidden} from '../support/refused.js';

/** The engines whose healthy swarm is recorded besides the one that the lab has from the machine. */
const engines = ['26.1.5', '28.5.2'] as const;

const nodes = nodeSpecs.slice(0, 2);

for (const engine of engines) {
  describe(`engine ${engine}`, () => {
    const node1 = recordedModel(`engine-${engine}/node1`);
    const node2 = recordedModel(`engine-${engine}/node2`);
    const hosts = [node1, node2];
    const inspect = (name: string) => {
      const {host, container} = findContainer(hosts, name);
      return inspectContainer(host, container, hosts);
    };

    test('everything was read and understood', () => {
      for (const host of hosts) {
        assert.deepEqual(host.problems, []);
        assert.ok(host.docker?.engine.version?.startsWith(engine));
        assert.equal(sameMachine(host), true);
      }
      assert.deepEqual(
        hosts.map((host) => knownHost(host).vtepAmong(hosts)?.address),
        nodes.map(({address}) => address),
      );
    });

    test('each namespace file has the name of what lives in it', () => {
      const rows = namespaceRows(hosts);
      // Engines up to 27 leave the file of a namespace that is gone, here that of `stopped`, for up to a minute.
      const gone = rows.filter(({state}) => state !== 'live');
      assert.deepEqual(
        gone.map(({host, state}) => [host, state]),
        Number.parseInt(engine, 10) < 28 ? [['node1', 'torn-down']] : [],
      );
      assert.ok(rows.every(({note, state}) => (note === null) === (state === 'live')));
      for (const {name, node} of containers(nodes).filter(({runs}) => runs)) {
        const own = rows.filter((row) => row.host === node && row.containers.includes(name));
        assert.deepEqual(
          own.map(({kind}) => kind),
          [name === 'on-host' ? 'host' : 'container'],
          name,
        );
      }
      for (const host of hosts) {
        for (const sandbox of knownHost(host).sandboxes) {
          if (sandbox.kind !== 'container' || sandbox.namespace.state !== 'live') continue;
          const [owner] = sandbox.containers;
          // The kernel's word, not Docker's: its process is in the namespace behind the file.
          assert.equal(
            host.netnsOfPid.get(owner?.pid ?? -1),
            sandbox.namespace.inode,
            sandbox.namespace.file,
          );
        }
        for (const {name} of [...swarmNetworks, {name: 'ingress'}]) {
          const kinds = rows.filter(
            (row) => row.host === host.name && row.network === name && row.subnets.length > 0,
          );
          assert.deepEqual(
            kinds.map(({kind}) => kind),
            ['overlay', name === 'ingress' ? 'ingress' : 'load-balancer'],
            name,
          );
          assert.deepEqual(kinds[0]?.vnis, kinds[1]?.vnis);
        }
      }
    });

    test('each network, where it is and how', () => {
      const rows = networkRows(hosts);
      const row = (name: string) => rows.find((one) => one.network === name);
      for (const {name} of swarmNetworks) {
        assert.deepEqual(row(name)?.instantiatedOn, ['node1', 'node2'], name);
        assert.ok(row(name)?.flags.includes('attachable'), name);
      }
      for (const {name} of localNetworks) assert.deepEqual(row(name)?.instantiatedOn, ['node1'], name);
      assert.equal(row('uber-net')?.mtu, 1450);
      assert.equal(row('secret-net')?.mtu, 1424);
      assert.equal(row('two-nets')?.vnis.length, 2);
    });

    test('every endpoint of an overlay is in place', () => {
      for (const {name} of [...swarmNetworks, {name: 'ingress'}]) {
        const entries = fdbEntries(hosts, findNetwork(hosts, name).network.id);
        for (const {status, endpoint, mac, reason} of entries) {
          assert.ok(
            status === 'ok' || status === 'local',
            `${name}: ${endpoint.name ?? mac}: ${status}, ${reason}`,
          );
        }
        for (const {name: node} of hosts) {
          const balancers = entries.filter(
            ({host, endpoint}) => host === node && endpoint.kind === 'load-balancer',
          );
          assert.deepEqual(balancers.map(({status}) => status).sort(), ['local', 'ok'], name);
        }
      }
    });

    test('one host alone presumes the load balancer of the other', () => {
      // Of ingress too: these engines leave its load balancers out of gossip, where 20.10 names them.
      for (const [host, name] of hosts.flatMap((one) => [
        [one, 'uber-net'] as const,
        [one, 'ingress'] as const,
      ])) {
        const entries = fdbEntries([host], findNetwork([host], name).network.id);
        assert.ok(entries.every(({status}) => status === 'ok' || status === 'local'));
        const [balancer, ...more] = entries.filter(
          ({endpoint, status}) => endpoint.kind === 'load-balancer' && status === 'ok',
        );
        assert.match(balancer?.reason ?? '', /^presumably the load balancer/);
        assert.deepEqual(more, []);
      }
    });

    test('web2 as node1 has it: the MAC and the VTEP of its own engine', () => {
      const entry = fdbEntries([node1], findNetwork([node1], 'uber-net').network.id).find(
        ({endpoint}) => endpoint.name === 'web2',
      );
      const own = findContainer([node2], 'web2').container.endpoints[0];
      assert.deepEqual(
        [entry?.address, entry?.mac, entry?.vtep, entry?.node],
        [own?.ip, own?.mac, '192.168.1.5', 'node2'],
      );
      assert.equal(entry?.status, 'ok');
    });

    test('each veth of a sandbox has its other end, and each end the same', () => {
      const groups = linkGroups(hosts);
      for (const {host, netns, links} of groups) {
        for (const {name, ifindex, kind, peer, peerReason} of links) {
          if (kind !== 'veth') continue;
          // The nodes' uplinks end in the router, which is no host.
          if (netns === '@host' && name === 'eth0') {
            assert.equal(peer, null);
            assert.match(peerReason ?? '', /^no interface on this host/);
            continue;
          }
          const far = groups.find((group) => group.host === host && group.netns === peer?.netns);
          const back = far?.links.find((link) => link.ifindex === peer?.ifindex);
          assert.deepEqual([back?.peer?.netns, back?.peer?.ifindex], [netns, ifindex], `${netns} ${name}`);
        }
      }
    });

    test('inspect: an overlay with its way out', () => {
      const {interfaces, gatewayLeg, defaultGateway, reach, mode} = inspect('web1');
      assert.equal(mode, 'own');
      assert.deepEqual(
        interfaces.map(({attachment: network, matchedBy}) => [network?.network, matchedBy]),
        [
          ['uber-net', 'mac'],
          ['docker_gwbridge', 'mac'],
        ],
      );
      assert.equal(interfaces[0]?.peer?.vni, 4097);
      assert.equal(gatewayLeg?.interface, 'eth1');
      assert.equal(defaultGateway?.network, 'docker_gwbridge');
      assert.match(reach.at(-1) ?? '', /\(docker_gwbridge\), masqueraded as the address of the host\.$/);
    });

    test('inspect: a service on ingress and an overlay', () => {
      const {container, interfaces} = inspect('service:site');
      assert.equal(container.service, 'site');
      const names = interfaces.map(({attachment}) => attachment?.network).sort();
      assert.deepEqual(names, ['docker_gwbridge', 'ingress', 'uber-net']);
    });

    test('inspect: the very rules that close an internal bridge network', () => {
      const {dropRules, reach} = inspect('closed1');
      const bridge = findNetwork(hosts, 'closed-bridge').network.bridgeName ?? '';
      assert.deepEqual(dropRules.map(({rule}) => rule.replace(/^-A \S+ /, '')).sort(), [
        `! -d 172.30.1.0/24 -i ${bridge} -j DROP`,
        `! -s 172.30.1.0/24 -o ${bridge} -j DROP`,
      ]);
      assert.match(reach[0] ?? '', /The network is internal; the host drops everything else by: -A /);
    });

    test('inspect: the same in tables that iptables-nft-save refuses, in the words of nft', () => {
      const bridge = findNetwork(hosts, 'closed-bridge').network.bridgeName ?? '';
      const refused = hostModel(
        derived(recordedEvidence(`engine-${engine}/node1`), (draft) =>
          refuseTables(draft, {every: (text) => text.replaceAll('br-7ab9b2151d5a', bridge)}),
        ),
      );
      const told = (name: string) =>
        inspectContainer(refused, findContainer([refused], name).container, [refused]);
      const {dropRules, reach} = told('closed1');
      const rule = `ip filter DOCKER-ISOLATION-STAGE-1: oifname "${bridge}" ip saddr != 172.30.1.0/24 drop`;
      assert.deepEqual(
        dropRules.map((one) => one.rule.split(' ').toSorted()),
        [rule.split(' ').toSorted()],
      );
      assert.match(reach[0] ?? '', /the host drops everything else by: ip filter DOCKER-ISOLATION-STAGE-1: /);
      assert.match(
        told('web1').reach.at(-1) ?? '',
        /\(docker_gwbridge\), masqueraded as the address of the host/,
      );
    });

    test('inspect: what hangs on a rule of which nft leaves out a part, with the rule', () => {
      const told = (table: string, chain: string, action: object) => {
        const host = hostModel(
          derived(recordedEvidence(`engine-${engine}/node1`), (draft) =>
            refuseTables(draft, {json: withHidden(table, chain, action)}),
          ),
        );
        return inspectContainer(host, findContainer([host], 'web1').container, [host]).reach.at(-1) ?? '';
      };
      assert.match(
        told('filter', 'FORWARD', {drop: null}),
        /; whether the host forwards it hangs on what is not understood: nft: ip filter FORWARD: xt match set drop\.$/,
      );
      assert.match(
        told('nat', 'POSTROUTING', {accept: null}),
        /; whether the host masquerades it hangs on what is not understood: nft: ip nat POSTROUTING: xt match set accept\.$/,
      );
    });

    test('inspect: the other ways of having a network', () => {
      assert.match(inspect('open1').reach.at(-1) ?? '', /\(open-bridge\), masqueraded/);
      assert.match(
        inspect('mac1').reach[0] ?? '',
        /^eth0: sends directly on eth0 of the host \(macvlan bridge\)/,
      );
      assert.deepEqual(inspect('mac1').interfaces[0]?.parent?.name, 'eth0');
      assert.match(
        inspect('quiet1').reach.at(-1) ?? '',
        /quiet-net is internal, so Docker gave it no docker_gwbridge interface/,
      );
      assert.match(inspect('sidecar').reach[0] ?? '', /^It shares the network namespace of web1/);
      assert.match(inspect('on-host').reach[0] ?? '', /the host network namespace/);
      assert.match(inspect('on-none').reach[0] ?? '', /^Loopback only/);
      assert.equal(inspect('stopped').namespace, null);
      assert.match(inspect('stopped').reach[0] ?? '', /^stopped is exited/);
    });
  });
}
