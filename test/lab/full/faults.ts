/** Faults that need a kernel with IPVS and ESP, made for real, one at a time. */
import {type DoctorFault, fault} from '../doctor-faults/fault.js';
import {pingsOf} from '../doctor-faults/sample.js';
import {run} from '../exec.js';
import type {Lab, LabNode} from '../lab.js';
import {endsOf} from '../trace-run.js';

/** The namespace of a network's load balancer on a node. */
export async function balancerOf(node: LabNode, network: string): Promise<string> {
  const {Id: id} = await node.ask<{Id: string}>(`/networks/${network}`);
  return `lb_${id.slice(0, 9)}`;
}

type Shell = (text: string) => Promise<string>;

const within =
  (node: LabNode, file: string): Shell =>
  async (text) =>
    (await node.inNetns(file, ['sh', '-ec', text])).stdout;

const onHost =
  (node: LabNode): Shell =>
  async (text) =>
    (await node.run(['sh', '-ec', text])).stdout;

const uberBalancer = async (lab: Lab): Promise<Shell> => {
  const node = lab.node('node1');
  return within(node, await balancerOf(node, 'uber-net'));
};

const ingress = (lab: Lab): Promise<Shell> => Promise.resolve(within(lab.node('node1'), 'ingress_sbox'));
const host = (lab: Lab): Promise<Shell> => Promise.resolve(onHost(lab.node('node1')));

/** A change of a load balancer's table, whose rows are as they were afterwards. */
function ipvsFault(code: string, about: string, change: (rows: string[]) => string): DoctorFault {
  return fault(code, about, async (lab) => {
    const shell = await uberBalancer(lab);
    const before = await shell('ipvsadm -S -n');
    await shell(change(before.split('\n')));
    return () => shell(`ipvsadm -C\nipvsadm -R <<'EOF'\n${before}\nEOF`);
  });
}

/** The rows of the service with the most backends, which is app's: `-A -f 257 -s rr` and `-a -f 257 -r 10.0.1.3:0 -m -w 1`. */
function largest(rows: readonly string[]): {mark: string; backends: string[]} {
  const services = rows.flatMap((row) => /^-A -f (\d+)/.exec(row)?.[1] ?? []);
  const all = services.map((mark) => ({
    mark,
    backends: rows.filter((row) => row.startsWith(`-a -f ${mark} -r`)),
  }));
  const [first] = all.sort((a, b) => b.backends.length - a.backends.length);
  if (!first || first.backends.length === 0) throw new Error(`no service has a backend: ${rows.join('; ')}`);
  return first;
}

const removal = (row: string) => `ipvsadm ${row.replace(/^-a/, '-d').replace(/ -m.*| -w.*/, '')}`;

/** Rules of a chain that match are deleted, and stand in their places again afterwards. */
function ruleFault(
  code: string,
  about: string,
  where: (lab: Lab) => Promise<Shell>,
  {table, chain, match, instead}: {table: string; chain: string; match: RegExp; instead?: [RegExp, string]},
): DoctorFault {
  return fault(code, about, async (lab) => {
    const shell = await where(lab);
    const rules = (await shell(`iptables -t ${table} -S ${chain}`))
      .split('\n')
      .filter((line) => line.startsWith('-A'));
    const found = rules.map((rule, index) => ({rule, place: index + 1})).filter(({rule}) => match.test(rule));
    if (found.length === 0)
      throw new Error(`no rule of ${table} ${chain} matches ${match}: ${rules.join('; ')}`);
    const words = (rule: string) => rule.slice(`-A ${chain} `.length);
    const changed = (rule: string) => (instead ? words(rule).replace(...instead) : '');
    for (const {rule, place} of [...found].reverse()) {
      await shell(
        instead
          ? `iptables -t ${table} -R ${chain} ${place} ${changed(rule)}`
          : `iptables -t ${table} -D ${chain} ${place}`,
      );
    }
    return async () => {
      for (const {rule, place} of found)
        await shell(`iptables -t ${table} ${instead ? '-R' : '-I'} ${chain} ${place} ${words(rule)}`);
    };
  });
}

function sysctlFault(
  code: string,
  about: string,
  where: (lab: Lab) => Promise<Shell>,
  name: string,
  value: number,
): DoctorFault {
  return fault(code, about, async (lab) => {
    const shell = await where(lab);
    const before = (await shell(`sysctl -n ${name}`)).trim();
    await shell(`sysctl -qw ${name}=${value}`);
    return () => shell(`sysctl -qw ${name}=${before}`);
  });
}

export const serviceFaults: readonly DoctorFault[] = [
  ipvsFault('ipvs-service-missing', 'the table of IPVS of uber-net on node1 emptied', () => 'ipvsadm -C'),
  ipvsFault('ipvs-no-backend', 'all backends of app taken from IPVS on node1', (rows) =>
    largest(rows).backends.map(removal).join('\n'),
  ),
  ipvsFault('ipvs-backend-missing', 'one backend of app taken from IPVS on node1', (rows) =>
    removal(largest(rows).backends[0] ?? ''),
  ),
  ipvsFault(
    'ipvs-backend-stale',
    'a backend that is no task added to app on node1',
    (rows) => `ipvsadm -a -f ${largest(rows).mark} -r 10.0.1.200:0 -m -w 1`,
  ),
  fault('vip-alias-missing', 'the VIPs of uber-net taken from its load balancer on node1', async (lab) => {
    const shell = await uberBalancer(lab);
    const lines = (await shell('ip -4 -o addr show scope global')).split('\n');
    const aliases = lines.flatMap(
      (line) => /^\d+: (\S+) +inet (\S+\/32) /.exec(line)?.slice(1, 3).reverse().join(' dev ') ?? [],
    );
    if (aliases.length === 0) throw new Error(`no VIP: ${lines.join('; ')}`);
    for (const alias of aliases) await shell(`ip addr del ${alias}`);
    return async () => {
      for (const alias of aliases) await shell(`ip addr add ${alias}`);
    };
  }),
  ruleFault(
    'vip-mark-missing',
    'the rules that mark packets to VIPs of uber-net deleted on node1',
    uberBalancer,
    {
      table: 'mangle',
      chain: 'INPUT',
      match: /-j MARK/,
    },
  ),
  ruleFault(
    'ipvs-snat-missing',
    'the SNAT rule of the load balancer of uber-net deleted on node1',
    uberBalancer,
    {
      table: 'nat',
      chain: 'POSTROUTING',
      match: /-m ipvs/,
    },
  ),
  sysctlFault(
    'ipvs-conntrack-off',
    'net.ipv4.vs.conntrack of the load balancer of uber-net set to 0 on node1',
    uberBalancer,
    'net.ipv4.vs.conntrack',
    0,
  ),
];

export const ingressFaults: readonly DoctorFault[] = [
  ruleFault('ingress-dnat-missing', 'the DNAT rule of port 8080 deleted on node1', host, {
    table: 'nat',
    chain: 'DOCKER-INGRESS',
    match: /--dport 8080 .*-j DNAT/,
  }),
  ruleFault(
    'ingress-dnat-stale',
    'the DNAT rule of port 8080 on node1 leads to an address that no interface has',
    host,
    {
      table: 'nat',
      chain: 'DOCKER-INGRESS',
      match: /--dport 8080 .*-j DNAT/,
      instead: [/--to-destination [\d.]+:/, '--to-destination 172.18.0.99:'],
    },
  ),
  ruleFault(
    'ingress-mark-missing',
    'the rule of ingress_sbox on node1 that marks port 8080 deleted',
    ingress,
    {
      table: 'mangle',
      chain: 'PREROUTING',
      match: /--dport 8080 .*-j MARK/,
    },
  ),
  sysctlFault(
    'ingress-localnet-off',
    'route_localnet of docker_gwbridge on node1 set to 0',
    host,
    'net.ipv4.conf.docker_gwbridge.route_localnet',
    0,
  ),
];

interface State {
  src: string;
  dst: string;
  spi: string;
  /** Words that make it again. */
  words: string;
}

/** The ESP states of a node, with their keys. */
async function statesOf(node: LabNode): Promise<State[]> {
  const text = (await node.run(['ip', 'xfrm', 'state', 'list'])).stdout;
  return text
    .split(/^(?=src )/m)
    .filter((entry) => entry.includes('proto esp'))
    .map((entry) => {
      const pick = (pattern: RegExp) => {
        const found = pattern.exec(entry)?.[1];
        if (found === undefined) throw new Error(`not understood: ${entry}`);
        return found;
      };
      const [src, dst, spi] = [pick(/^src (\S+)/), pick(/ dst (\S+)/), pick(/ spi (0x[0-9a-f]+)/)];
      const reqid = pick(/ reqid (\d+)/);
      const key = pick(/\baead (.*)/);
      const [name = '', secret = '', bits = ''] = key.trim().split(' ');
      return {
        src,
        dst,
        spi,
        words: `src ${src} dst ${dst} proto esp spi ${spi} reqid ${reqid} mode transport aead '${name}' ${secret} ${bits}`,
      };
    });
}

const remove = (node: LabNode, {src, dst, spi}: State) =>
  node.run(['ip', 'xfrm', 'state', 'delete', 'src', src, 'dst', dst, 'proto', 'esp', 'spi', spi]);

const addAgain = (node: LabNode, {words}: State) => node.run(['sh', '-ec', `ip xfrm state add ${words}`]);

export const encryptionFaults: readonly DoctorFault[] = [
  {
    ...fault(
      'xfrm-state-missing',
      'the ESP states of node1 flushed, and packets are sent on the encrypted network',
      async (lab) => {
        const node = lab.node('node1');
        const states = await statesOf(node);
        await node.run(['ip', 'xfrm', 'state', 'flush']);
        return async () => {
          // What the kernel has asked for meanwhile lies there under the same address.
          await node.run(['ip', 'xfrm', 'state', 'flush']);
          for (const state of states) await addAgain(node, state);
        };
      },
    ),
    traffic: pingsOf('secret'),
  },
  fault(
    'xfrm-spi-mismatch',
    'the ESP state of node2 for the key that node1 sends with deleted; the others stay',
    async (lab) => {
      const [sender, receiver] = [lab.node('node1'), lab.node('node2')];
      const policy = (await sender.run(['ip', 'xfrm', 'policy', 'list', 'dir', 'out'])).stdout;
      const spi = / spi (0x[0-9a-f]+)/.exec(policy)?.[1];
      const state = (await statesOf(receiver)).find(
        (one) => one.src === sender.address && Number(one.spi) === Number(spi),
      );
      if (!state) throw new Error(`node2 has no state for ${spi} of node1`);
      await remove(receiver, state);
      return () => addAgain(receiver, state);
    },
  ),
];

/** A limit that only the kernel's first namespace can set, which in a guest is the lab's own. */
async function setLimit(name: string, value: number): Promise<() => Promise<unknown>> {
  const before = (await run(['sysctl', '-n', name])).stdout.trim();
  await run(['sysctl', '-qw', `${name}=${value}`]);
  return () => run(['sysctl', '-qw', `${name}=${before}`]);
}

/** A datagram from node1 to each of so many ports of the router, which is a new connection each. */
const datagrams = (lab: Lab, first: number, count: number) =>
  lab
    .node('node1')
    .run([
      'bash',
      '-c',
      `for ((port = ${first}; port < ${first + count}; port++)); do echo > /dev/udp/172.31.1.1/$port; done 2>/dev/null || :`,
    ]);

async function connections(lab: Lab): Promise<number> {
  return Number((await lab.node('node1').run(['sysctl', '-n', 'net.netfilter.nf_conntrack_count'])).stdout);
}

/** Not among them: neighbour-table-full. Its limits are shown in the first namespace alone, and the lab's nodes live in others. */
export const limitFaults: readonly DoctorFault[] = [
  fault('conntrack-full', 'the limit of connections lowered to little more than node1 has', async (lab) => {
    await datagrams(lab, 20_000, 400);
    return setLimit('net.netfilter.nf_conntrack_max', (await connections(lab)) + 10);
  }),
  {
    ...fault(
      'conntrack-full',
      'the limit of connections lowered to what node1 has, and new ones begun',
      async (lab) => {
        await datagrams(lab, 20_000, 100);
        return setLimit('net.netfilter.nf_conntrack_max', await connections(lab));
      },
    ),
    traffic: (lab) => Promise.resolve(() => datagrams(lab, 30_000, 300)),
    brings: ['conntrack-drops'],
  },
  {
    unfixed: {madeBy: 'rules that no resolver meets'},
    ...fault(
      'conntrack-insert-failed',
      'all datagrams of node1 to a port get the same source port',
      async (lab) => {
        const rule = 'POSTROUTING -p udp --dport 9999 -j MASQUERADE --to-ports 40000';
        const shell = onHost(lab.node('node1'));
        await shell(`iptables -t nat -I ${rule}`);
        return () => shell(`iptables -t nat -D ${rule}`);
      },
    ),
    traffic: (lab) =>
      Promise.resolve(() =>
        onHost(lab.node('node1'))(
          "bash -c 'for i in $(seq 40); do echo > /dev/udp/172.31.1.1/9999; done 2>/dev/null || :'",
        ),
      ),
  },
  {
    unfixed: {because: "the setting is the first namespace's, which no node of a lab lives in"},
    ...fault(
      'softnet-drops',
      'the queue before a processor holds one packet, and bursts are sent',
      async (lab) => {
        // A processor empties its queue after each packet that is sent, but not between those that a timer lets go at once.
        const delay = (verb: string, ...words: string[]) =>
          lab.router.run(['tc', 'qdisc', verb, 'dev', 'node2', 'root', ...words]);
        const back = await setLimit('net.core.netdev_max_backlog', 1);
        await delay('add', 'netem', 'delay', '50ms');
        return async () => {
          await delay('del');
          await back();
        };
      },
    ),
    traffic: async (lab) => {
      const {one, two} = await endsOf(lab, 'web');
      return () => one.inside(`ping -q -n -f -c 1000 -l 100 -w 2 ${two.ip} || true`);
    },
  },
];

/** The name of what is recorded of a fault: by what it brings along, where that is what is new. */
export const recordingOf = ({code, brings}: DoctorFault): string => brings?.[0] ?? code;

export const fullFaults: readonly DoctorFault[] = [
  ...serviceFaults,
  ...ingressFaults,
  ...encryptionFaults,
  ...limitFaults,
];
