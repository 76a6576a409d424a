import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
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
import {find, fixOf} from '../support.js';

const {node1, node2} = fullSwarm;
const uber = (answerOf(node1, '/networks').body as Raw[]).find(({Name}) => Name === 'uber-net');
const balancer = `lb_${uber.Id.slice(0, 9)}`;

const editIpvs = (from: RegExp, to: string) =>
  derived(node1, (draft) => {
    const section = sectionOf(draft, balancer, 'proc');
    const output = section.output.replace(from, to);
    assert.notEqual(output, section.output);
    section.output = output;
  });
const setOption: Change = (draft) =>
  editAnswers(draft, /^\/networks/, (body) => {
    for (const network of [body].flat() as Raw[])
      if (network.Id === uber.Id) network.Options = {...network.Options, dsr: ''};
  });
const routed: Change = (draft) => {
  const section = sectionOf(draft, balancer, 'proc');
  section.output = section.output.replaceAll(/(^\/proc\/net\/ip_vs:.*)Masq( +)/gm, '$1Route$2');
};
/** VIPs of uber-net on the loopback of the tasks of this host. */
const loopbacks: Change = (draft) => {
  const containers = draft.docker.answers.filter(({path}) => /^\/containers\/[0-9a-f]+\/json$/.test(path));
  for (const {body} of containers as Raw[]) {
    const vip = {app: '10.0.1.2', site: '10.0.1.7'}[
      String(body.Config?.Labels?.['com.docker.swarm.service.name'])
    ];
    const file = String(body.NetworkSettings.SandboxKey).split('/').at(-1) ?? '';
    if (vip !== undefined && draft.sections.some(({netns}) => netns === file))
      editTable(draft, file, 'addr', (links) => {
        links[0].addr_info.push({family: 'inet', local: vip, prefixlen: 32, scope: 'global'});
        return links;
      });
  }
};

describe('how a load balancer shares out', () => {
  it('is round robin with equal weights', () => {
    assert.deepEqual(find('ipvs-scheduler-odd', node1, node2), []);
    const weighted = editIpvs(/(FWM {2}00000100.*\n.*Masq {4})1 /, '$15 ');
    const [finding, ...others] = find('ipvs-scheduler-odd', weighted);
    assert.deepEqual(others, []);
    assert.match(finding?.cause ?? '', /different weights \(5, 1\)/);
    assert.match(fixOf(finding)[0] ?? '', /ipvsadm -e -f 256 -r 10\.0\.1\.\d+:0 -m -w 1$/);
  });

  it('may be others that are even, and no others', () => {
    assert.deepEqual(find('ipvs-scheduler-odd', editIpvs(/(FWM {2}00000100) rr/, '$1 sh')), []);
    const [finding] = find('ipvs-scheduler-odd', editIpvs(/(FWM {2}00000100) rr/, '$1 lc'));
    assert.match(fixOf(finding)[0] ?? '', /ipvsadm -E -f 256 -s rr$/);
    // A backend of weight 0 is on its way out.
    assert.deepEqual(find('ipvs-scheduler-odd', editIpvs(/(FWM {2}00000100.*\n.*Masq {4})1 /, '$10 ')), []);
  });
});

describe('one-packet scheduling', () => {
  it("finds 'ipvs-one-packet' by the flag of the service, and takes it away again", () => {
    assert.deepEqual(find('ipvs-one-packet', node1, node2), []);
    // The line as the kernel prints it: the flag, then what else there is.
    const [finding, ...others] = find('ipvs-one-packet', editIpvs(/(FWM {2}00000100 rr).*/, '$1 ops '));
    assert.deepEqual([others, finding?.severity, finding?.network], [[], 'warning', 'uber-net']);
    assert.match(fixOf(finding)[0] ?? '', /ipvsadm -E -f 256 -s rr$/);
    assert.match(finding?.fix.by === 'commands' ? (finding.fix.undo?.[0] ?? '') : '', / -s rr -o$/);
    const persistent = editIpvs(/(FWM {2}00000100 rr).*/, '$1 persistent 300 FFFFFFFF');
    assert.deepEqual(find('ipvs-one-packet', persistent), []);
  });
});

describe('direct server return', () => {
  it('is where the network asks for it, with the VIP on the loopback of tasks', () => {
    assert.deepEqual(find('dsr-not-programmed', node1, node2), []);
    const whole = derived(node1, (draft) => {
      setOption(draft);
      routed(draft);
      loopbacks(draft);
    });
    assert.deepEqual(find('dsr-not-programmed', whole), []);
  });

  it('is missed where backends are masqueraded, or tasks lack the VIP', () => {
    const masked = derived(node1, (draft) => {
      setOption(draft);
      loopbacks(draft);
    });
    const [finding, ...others] = find('dsr-not-programmed', masked);
    assert.deepEqual([others, finding?.severity], [[], 'warning']);
    assert.match(fixOf(finding)[0] ?? '', /ipvsadm -e -f \d+ -r 10\.0\.1\.\d+:0 -g -w 1$/);
    const bare = derived(node1, (draft) => {
      setOption(draft);
      routed(draft);
    });
    const [lacking] = find('dsr-not-programmed', bare);
    assert.equal(lacking?.severity, 'error');
    assert.match(fixOf(lacking)[0] ?? '', /ip addr add 10\.0\.1\.[27]\/32 dev lo$/);
  });

  it('is not where the network does not ask for it', () => {
    const [finding] = find('dsr-not-programmed', derived(node1, routed));
    assert.match(finding?.cause ?? '', /does not have the option dsr/);
  });
});

describe('a VIP in a load balancer', () => {
  const left = derived(node1, (draft) =>
    editTable(draft, balancer, 'addr', (links) => {
      for (const {addr_info} of links)
        if (addr_info.some(({local}: Raw) => local === '10.0.1.2'))
          addr_info.push({family: 'inet', local: '10.0.1.77', prefixlen: 32, scope: 'global'});
      return links;
    }),
  );

  it('is left where no service has it', () => {
    const [finding, ...others] = find('vip-left', left, node2);
    assert.deepEqual([others, finding?.host, finding?.subject], [[], 'node1', '10.0.1.77']);
    assert.match(fixOf(finding)[0] ?? '', /ip addr del 10\.0\.1\.77\/32 dev eth\d$/);
    assert.deepEqual(find('vip-left', node1, node2), []);
  });

  it('is not judged without a manager, nor while tasks of a removed service end', () => {
    const unlisted = derived(left, (draft) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => path !== '/services');
    });
    assert.deepEqual(find('vip-left', unlisted, node2), []);
    const ending = derived(left, (draft) =>
      editAnswers(
        draft,
        /^\/tasks$/,
        (tasks: Raw[]) => void tasks.push({...tasks[0], ID: 'x', ServiceID: 'gone'}),
      ),
    );
    assert.deepEqual(find('vip-left', ending, node2), []);
  });

  it('is left where its service has no task any more', () => {
    const idle = derived(node1, (draft) => {
      const app = (answerOf(node1, '/services').body as Raw[]).find(({Spec}) => Spec.Name === 'app').ID;
      editAnswers(
        draft,
        /^\/tasks$/,
        (tasks: Raw[]) =>
          void tasks.splice(0, tasks.length, ...tasks.filter(({ServiceID}) => ServiceID !== app)),
      );
      editAnswers(draft, /^\/networks\/.*verbose/, (network: Raw) => {
        if (network.Id === uber.Id) delete network.Services.app;
      });
    });
    const [finding, ...others] = find('vip-left', idle, node2);
    assert.deepEqual([others, finding?.subject], [[], '10.0.1.2']);
  });

  it('is taken away with its mark and its IPVS service', () => {
    const removed = derived(node1, (draft) => {
      editAnswers(
        draft,
        /^\/services$/,
        (services: Raw[]) =>
          void services.splice(0, services.length, ...services.filter(({Spec}) => Spec.Name !== 'app')),
      );
      editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
        const app = (answerOf(node1, '/services').body as Raw[]).find(({Spec}) => Spec.Name === 'app').ID;
        tasks.splice(0, tasks.length, ...tasks.filter(({ServiceID}) => ServiceID !== app));
      });
      editAnswers(draft, /^\/networks\/.*verbose/, (network: Raw) => {
        if (network.Id === uber.Id) delete network.Services.app;
      });
    });
    const [finding] = find('vip-left', removed);
    assert.deepEqual(
      fixOf(finding).map((line) => line.replace(/^nsenter \S+ /, '')),
      [
        'ip addr del 10.0.1.2/32 dev eth0',
        'iptables -t mangle -D INPUT -d 10.0.1.2/32 -j MARK --set-mark 256',
        'ipvsadm -D -f 256',
      ],
    );
  });
});
