import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addLines, dropLines, listening} from '../../support/balanced.js';
import {setVersion} from '../../support/engines.js';
import {
  answerOf,
  type Change,
  derived,
  editAnswers,
  editTable,
  fullSwarm,
  type Raw,
  sectionOf,
} from '../../support/evidence.js';
import {examine, find, fixOf} from '../support.js';

const {node1, node2} = fullSwarm;
const inRules = (draft: HostEvidence, netns: string, from: RegExp, to: string) => {
  const section = sectionOf(draft, netns, 'iptables-nft');
  const output = section.output.replace(from, to);
  assert.notEqual(output, section.output);
  section.output = output;
};

describe('a port that rules lead into ingress', () => {
  const extra: Change = (draft) =>
    inRules(
      draft,
      '@host',
      /^(.*-A DOCKER-INGRESS -p tcp -m tcp --dport )8080( -j DNAT.*:)8080$/m,
      '$&\n$19090$29090',
    );

  it('is left where no service publishes it', () => {
    const [finding, ...others] = find('ingress-port-leftover', derived(node2, extra), node1);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node2', 'port tcp/9090']);
    assert.match(
      fixOf(finding)[0] ?? '',
      /^iptables-nft -t nat -D DOCKER-INGRESS -p tcp -m tcp --dport 9090 -j DNAT/,
    );
    assert.deepEqual(find('ingress-port-leftover', node1, node2), []);
  });

  it('is left where nft alone shows the rule, which can not be typed for iptables then', () => {
    const refused: Change = (draft) => {
      const [save, nft] = [sectionOf(draft, '@host', 'iptables-nft'), sectionOf(draft, '@host', 'nft')];
      const target = /--to-destination ([\d.]+):8080/.exec(save.output)?.[1] ?? '';
      const place = {family: 'ip', table: 'nat'};
      const left = {payload: {protocol: 'tcp', field: 'dport'}};
      const expr = [
        {match: {op: '==', left, right: 9090}},
        {counter: {packets: 0, bytes: 0}},
        {xt: {type: 'target', name: 'DNAT'}},
      ];
      nft.output = JSON.stringify({
        nftables: [{rule: {...place, chain: 'DOCKER-INGRESS', handle: 9, expr}}],
      });
      save.output = "# Table `nat' is incompatible, use 'nft' tool.\n";
      const rule = `tcp dport 9090 counter packets 0 bytes 0 dnat to ${target}:9090 # handle 9`;
      draft.sections.push({
        ...nft,
        name: 'nft-table',
        output: `table ip nat { # handle 1\n\tchain DOCKER-INGRESS { # handle 2\n\t\t${rule}\n\t}\n}\n`,
      });
    };
    const [finding, ...others] = find('ingress-port-leftover', derived(node2, refused), node1);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node2', 'port tcp/9090']);
    assert.match(finding?.evidence[0] ?? '', /nft: ip nat DOCKER-INGRESS: tcp dport 9090 dnat to 172\./);
    assert.deepEqual(fixOf(finding), []);
  });

  it('is told as not checked without a manager', () => {
    const examination = examine(derived(node2, extra));
    assert.deepEqual(
      examination.findings.filter(({code}) => code === 'ingress-port-leftover'),
      [],
    );
    assert.match(JSON.stringify(examination.notChecked), /whether ports that hosts send into ingress/);
  });
});

describe('a port that a service publishes on all nodes', () => {
  const publish = (HostPort: string) => (draft: HostEvidence) => {
    const path = /^\/containers\/[0-9a-f]+\/json$/;
    const found = draft.docker.answers.find(
      (answer) =>
        path.test(answer.path) &&
        !(answer.body as Raw).Config?.Labels?.['com.docker.swarm.service.name'] &&
        (answer.body as Raw).State?.Running,
    );
    const body: Raw = found?.body;
    body.NetworkSettings.Ports = {'80/tcp': [{HostIp: '0.0.0.0', HostPort}]};
  };

  it('may be that of a container as well', () => {
    const [finding, ...others] = find('ingress-port-taken', derived(node1, publish('8080')), node2);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node1', 'port tcp/8080']);
    assert.deepEqual(find('ingress-port-taken', derived(node1, publish('8081')), node2), []);
  });

  it("is not known to be taken where a socket has it that may be docker-proxy's, as from 29.8 on", () => {
    const taken = derived(node1, (draft) => {
      setVersion(draft, '29.8.2');
      dropLines(draft, '@host', 'iptables-nft', /-j DNAT .*:8080/);
    });
    assert.deepEqual(find('ingress-port-taken', taken), []);
  });
});

describe('IPv6 connections to published ports', () => {
  const global: Change = (draft) =>
    editTable(draft, '@host', 'addr', (links) => {
      links
        .find(({ifname}) => ifname === 'eth0')
        .addr_info.push({family: 'inet6', local: '2001:db8::5', prefixlen: 64, scope: 'global'});
      return links;
    });

  it('are taken and not served up to 29.7, where the node has an IPv6 address', () => {
    const [finding, ...others] = find('ingress-ipv6-unserved', derived(node1, global), node2);
    assert.deepEqual([others, finding?.severity], [[], 'info']);
    assert.match(
      finding?.cause ?? '',
      /published port 8080 takes IPv6 connections on 1 host and never answers/,
    );
    assert.deepEqual(find('ingress-ipv6-unserved', node1, node2), []);
    const newer = derived(node1, (draft) => {
      global(draft);
      setVersion(draft, '29.8.0');
    });
    assert.deepEqual(find('ingress-ipv6-unserved', newer, node2), []);
    const unheld = derived(node1, (draft) => {
      global(draft);
      dropLines(draft, '@host', 'proc', /tcp6:.*:1F90 /);
      addLines(draft, '@host', 'proc', [listening('/proc/net/tcp', 8080)]);
    });
    assert.deepEqual(find('ingress-ipv6-unserved', unheld, node2), []);
  });
});

describe('a request of an own container to a published port', () => {
  const ahead = derived(node1, (draft) =>
    inRules(
      draft,
      '@host',
      /^.*-A FORWARD -j DOCKER-USER$/m,
      '[0:0] -A FORWARD -i docker_gwbridge -o docker_gwbridge -j DROP\n$&',
    ),
  );

  it('passes by the rules of the engine, and not by one ahead of them', () => {
    assert.deepEqual(find('hairpin-filtered', node1, node2), []);
    const [finding, ...others] = find('hairpin-filtered', ahead, node2);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node1', 'port 8080']);
    assert.deepEqual(fixOf(finding), [
      'iptables-nft -t filter -I FORWARD -i docker_gwbridge -o docker_gwbridge -p tcp --dport 8080 -j ACCEPT',
    ]);
  });

  it('is not judged where the port is not translated at all', () => {
    const untranslated = derived(ahead, (draft) =>
      dropLines(draft, '@host', 'iptables-nft', /-j DNAT .*:8080/),
    );
    assert.deepEqual(find('hairpin-filtered', untranslated, node2), []);
  });
});

describe('the ingress address of a task', () => {
  const task = node2.sections.find(
    ({name, netns, output}) =>
      name === 'iptables-nft' && netns !== '@host' && /-j REDIRECT --to-ports 80/.test(output),
  )?.netns as string;

  it('is closed but for published ports', () => {
    assert.deepEqual(find('ingress-isolation-off', node1, node2), []);
    const open = derived(node2, (draft) => dropLines(draft, task, 'iptables-nft', /-p (tcp|udp) -j DROP/));
    const [finding, ...others] = find('ingress-isolation-off', node1, open);
    assert.deepEqual(others, []);
    assert.match(finding?.subject ?? '', /^site\.1\./);
    assert.deepEqual(
      fixOf(finding).map((line) => line.replace(/^nsenter \S+ /, '')),
      ['tcp', 'udp'].flatMap((protocol) => [
        `iptables -A INPUT -d 10.0.0.5 -p ${protocol} -j DROP`,
        `iptables -A OUTPUT -s 10.0.0.5 -p ${protocol} -j DROP`,
      ]),
    );
  });

  it('is open where another rule accepts ahead: a new task has its rules as they should be', () => {
    const ahead = derived(node2, (draft) =>
      inRules(
        draft,
        task,
        /^.*-A OUTPUT -s 10\.0\.0\.5\/32 -p tcp -m tcp --sport 80.*$/m,
        '[0:0] -A OUTPUT -p tcp -j ACCEPT\n$&',
      ),
    );
    const [finding] = find('ingress-isolation-off', ahead);
    assert.match(fixOf(finding)[0] ?? '', /^docker rm -f site\.1\./);
  });

  it('is open where only one direction is closed', () => {
    const half = derived(node2, (draft) => dropLines(draft, task, 'iptables-nft', /OUTPUT.* -p tcp -j DROP/));
    assert.match(
      JSON.stringify(find('ingress-isolation-off', half)[0]?.evidence),
      /OUTPUT: tcp from 10\.0\.0\.5 passes/,
    );
    // The rule of the other direction does not show that something accepts ahead of this one: the task may go on.
    assert.match(fixOf(find('ingress-isolation-off', half)[0])[0] ?? '', /iptables -A INPUT -d 10\.0\.0\.5/);
  });
});

describe('a port of the host that a container has', () => {
  const web1 = (change: Change = () => {}) =>
    derived(node1, (draft) => {
      const body = draft.docker.answers
        .map((answer) => answer.body as Raw)
        .find((one) => one?.Name === '/web1');
      body.NetworkSettings.Ports = {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '9000'}]};
      change(draft);
    });
  const led =
    (match: string): Change =>
    (draft) =>
      inRules(
        draft,
        '@host',
        /^.*-A DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j DNAT.*$/m,
        `$&\n[0:0] -A DOCKER-INGRESS ${match}-p tcp -m tcp --dport 9000 -j DNAT --to-destination 172.18.0.9:80`,
      );

  it("is 'host-port-untranslated' where no rule leads to it", () => {
    const [finding, ...others] = find('host-port-untranslated', web1());
    assert.deepEqual([others, finding?.subject, finding?.severity], [[], 'port tcp/9000', 'warning']);
    assert.match(finding?.cause ?? '', /nothing listens on it either/);
    assert.deepEqual(fixOf(finding), ['docker restart web1']);
    const proxied = web1((draft) => addLines(draft, '@host', 'proc', [listening('/proc/net/tcp', 9000)]));
    assert.match(find('host-port-untranslated', proxied)[0]?.cause ?? '', /docker-proxy passes it on/);
  });

  it('is led to it by a rule, and not judged where one may', () => {
    assert.deepEqual(find('host-port-untranslated', web1(led(''))), []);
    assert.deepEqual(find('host-port-untranslated', web1(led('-m set --match-set some src '))), []);
    assert.deepEqual(find('host-port-untranslated', node1, node2), []);
  });
});

describe('a port in host mode', () => {
  const site = (answerOf(node1, '/services').body as Raw[]).find(({Spec}) => Spec.Name === 'site').ID;
  const told = (PublishedPort: number) =>
    derived(node1, (draft) =>
      editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
        const own = tasks.find(({ServiceID, Status}) => ServiceID === site && Status.State === 'running');
        own.Status.PortStatus = {
          Ports: [{Protocol: 'tcp', TargetPort: 80, PublishedPort, PublishMode: 'host'}],
        };
      }),
    );
  const mapped = derived(node2, (draft) =>
    editAnswers(draft, /^\/containers\/[0-9a-f]+\/json$/, (body: Raw) => {
      if (body.Config?.Labels?.['com.docker.swarm.service.name'] === 'site')
        body.NetworkSettings.Ports = {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '32768'}]};
    }),
  );

  it('is the one that the engine of the node has mapped', () => {
    assert.deepEqual(find('host-port-differs', told(32768), mapped), []);
    const [finding, ...others] = find('host-port-differs', told(32769), mapped);
    assert.deepEqual([others, finding?.host], [[], 'node2']);
    assert.match(
      finding?.cause ?? '',
      /list 80\/tcp → 32769 for a task of site on node2, and its engine maps 80\/tcp → 32768/,
    );
    assert.match(fixOf(finding)[0] ?? '', /^docker rm -f [0-9a-f]{12}$/);
    assert.deepEqual(find('host-port-differs', node1, node2), []);
  });
});
