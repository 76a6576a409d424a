import {Args, Flags} from '@oclif/core';
import {usageError} from '../base/errors.js';
import {HostCommand} from '../cli/host-command.js';
import type {Wanted} from '../collect/wanted.js';
import type {Readings} from '../hosts/readings.js';
import type {Problem} from '../model/problem.js';
import type {FdbEntry} from '../rows/fdb.js';
import {fdbStatuses} from '../rows/status.js';

/** The rows of more hosts than this are too many to compare by eye. */
const mostInRows = 3;

export default class Fdb extends HostCommand {
  static override summary =
    'Show every endpoint of an overlay network as this host knows it, and what is missing or wrong';

  static override description = [
    `One row an endpoint, joined from both planes of the forwarding database (self: which VTEP; master: which bridge port), the neighbour table, Docker's gossip and, on a manager, its tasks and nodes.`,
    `Status: ok (all tables agree; trace walks the rest of the way); local (on this host); missing-fdb (ARP is answered, frames are dropped); missing-neighbour (no ARP answer); wrong-mac (ARP is answered with another MAC than the endpoint has); learned-only (works until the learned row ages out); wrong-vtep; stale (contradicted by another source); unknown (the reason says what is missing); transient (seen in one of two readings only). A live fault is read a second time, 3 seconds later, before it is reported.`,
  ].join('\n\n');

  static override examples = [
    {
      description: 'Who is on uber-net, and where',
      command: 'sudo <%= config.bin %> <%= command.id %> uber-net',
    },
    {
      description: 'Both sides at once: each engine confirms its own endpoints',
      command: '<%= config.bin %> <%= command.id %> uber-net --host ssh://root@node1 --host ssh://root@node2',
    },
    {
      description: "The kernel's own rows, annotated",
      command: 'sudo <%= config.bin %> <%= command.id %> uber-net --raw',
    },
    {
      description: 'Only what points at one VTEP',
      command: 'sudo <%= config.bin %> <%= command.id %> uber-net --vtep 192.168.1.5',
    },
    {
      description: 'A whole swarm: who knows whom, where they disagree (--wide: all of it)',
      command: '<%= config.bin %> <%= command.id %> uber-net --snapshot swarm/ --matrix',
    },
    {
      description: 'From a snapshot',
      command: '<%= config.bin %> <%= command.id %> uber-net --snapshot node1.json.gz',
    },
  ];

  static override args = {
    network: Args.string({
      description: 'Overlay network: name, id prefix or NAME@HOST',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    raw: Flags.boolean({description: "Show the kernel's own rows, annotated"}),
    matrix: Flags.boolean({
      description:
        'Show who knows whom: hosts against nodes, where they disagree (by default for more than 3 hosts)',
      allowNo: true,
      exclusive: ['raw', 'mac', 'address', 'vtep', 'status'],
    }),
    mac: Flags.string({description: 'Only this MAC', helpValue: 'MAC'}),
    address: Flags.string({
      description: 'Only this address, or addresses in this CIDR',
      helpValue: 'ADDR|CIDR',
    }),
    vtep: Flags.string({description: 'Only endpoints behind this VTEP', helpValue: 'ADDR'}),
    status: Flags.string({
      description: 'Only this status; repeatable',
      options: fdbStatuses,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'STATUS',
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Fdb);
    const filters = await checkedFilters(flags);
    const {findNetwork, parseName} = await import('../topology/names.js');
    const {name} = parseName(args.network, []);
    const wanted: Wanted = {
      netns: ['overlay', 'processes'],
      netnsTables: ['addr', 'neigh', 'fdb'],
      hostTables: ['addr', 'swarm'],
      docker: {
        containers: true,
        networks: 'inspect',
        verbose: (network) => network.name === name || network.id.startsWith(name),
        cluster: true,
      },
    };
    let readings = await this.readHosts(flags, wanted);
    const {network} = findNetwork(readings.hosts, args.network);
    if (network.driver !== 'overlay') {
      throw usageError(
        'not-an-overlay',
        `${network.name} is a ${network.driver} network: it has no VXLAN forwarding database.`,
        ['The overlay networks: ovdiag networks --driver overlay'],
      );
    }
    let entries = await settled(readings, network.id);
    if (this.live && (await anyFault(entries))) {
      readings = await this.secondLook(flags, wanted);
      entries = await settled(readings, network.id);
    }
    const shown = entries.filter(filters);
    const {rawFdb} = await import('../rows/fdb-raw.js');
    const raw = flags.raw
      ? rawFdb(readings.hosts, network.id, entries).filter(rawFilter(filters, entries))
      : [];
    const {fdbMatrix} = await import('../rows/fdb-matrix.js');
    const matrix = flags.matrix ? fdbMatrix(readings.hosts, network.id, entries) : undefined;
    const document = {
      ...this.document(readings, [
        ...(await absences(readings, network.id, network.name)),
        ...(await troubles(readings, network.id)),
      ]),
      network: network.name,
      networkId: network.id,
      vni: network.vnis[0] ?? null,
      vnis: network.vnis,
      ...(flags.raw ? {rows: raw} : matrix ? {matrix} : {entries: shown}),
    };
    await this.show(flags, document, async (terminal, paint) => {
      const {renderFdb, renderRawFdb} = await import('../render/fdb.js');
      if (flags.raw) return renderRawFdb(raw, terminal, paint);
      const filtered = [flags.mac, flags.address, flags.vtep, flags.status].some(
        (flag) => flag !== undefined,
      );
      const isMatrix = flags.matrix ?? (readings.hosts.length > mostInRows && !filtered);
      if (isMatrix) {
        const {renderFdbMatrix} = await import('../render/fdb-matrix.js');
        const title = `${network.name}, VNI ${network.vnis.join(', ') || 'unknown'}`;
        const all = matrix ?? fdbMatrix(readings.hosts, network.id, entries);
        return renderFdbMatrix(title, all, terminal, paint, {all: flags.wide});
      }
      const text = await renderFdb(shown, terminal, paint);
      return network.encrypted
        ? `${text}${network.name} is encrypted: whether both hosts have the IPsec states for it is not in these tables; ovdiag trace walks them.\n`
        : text;
    });
  }
}

async function settled(readings: Readings, networkId: string): Promise<FdbEntry[]> {
  const [{fdbEntries}, {settle}] = await Promise.all([import('../rows/fdb.js'), import('../rows/settle.js')]);
  const latest = fdbEntries(readings.hosts, networkId);
  return readings.before ? settle(latest, fdbEntries(readings.before, networkId)) : latest;
}

async function anyFault(entries: FdbEntry[]): Promise<boolean> {
  const {isFault} = await import('../rows/status.js');
  return entries.some(({status}) => isFault(status));
}

async function troubles(readings: Readings, networkId: string): Promise<Problem[]> {
  const {sandboxTroubles} = await import('../rows/sandbox-trouble.js');
  return sandboxTroubles(readings.hosts, networkId);
}

/** A network without a sandbox on a host is normal, and must not look like an empty table. On many it is told once. */
async function absences(readings: Readings, networkId: string, name: string): Promise<Problem[]> {
  const {knownHost} = await import('../topology/known-host.js');
  const absent = readings.hosts.filter(
    (host) => host.privileged && knownHost(host).sandboxesOf(networkId).length === 0,
  );
  const normal = 'which is normal until a task or container there needs it';
  if (absent.length > mostInRows) {
    const some = absent.slice(0, mostInRows).map((host) => host.name);
    const message = `it has no sandbox on ${absent.length} of ${readings.hosts.length} hosts (${some.join(', ')}, …), ${normal}`;
    return [{code: 'not-instantiated', subject: name, message}];
  }
  return absent.map((host) => ({
    host: host.name,
    code: 'not-instantiated',
    subject: name,
    message: `it has no sandbox on this host, ${normal}`,
  }));
}

type Filter = (entry: Pick<FdbEntry, 'mac' | 'ip' | 'vtep'> & {status: string}) => boolean;

async function checkedFilters(flags: {
  mac?: string | undefined;
  address?: string | undefined;
  vtep?: string | undefined;
  status?: string[] | undefined;
}): Promise<Filter> {
  const {inSubnet} = await import('../base/subnet.js');
  const {isIP} = await import('node:net');
  const {mac, address, vtep, status} = flags;
  if (mac !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw usageError('invalid-flag', `--mac ${mac} is not a MAC address.`, [
      'Example: --mac 02:42:0a:00:01:05',
    ]);
  }
  if (vtep !== undefined && isIP(vtep) === 0)
    throw usageError('invalid-flag', `--vtep ${vtep} is not an address.`);
  if (address !== undefined && isIP(address) === 0 && !inSubnet(address.split('/')[0] ?? '', address)) {
    throw usageError('invalid-flag', `--address ${address} is neither an address nor a CIDR.`);
  }
  return (entry) =>
    (mac === undefined || entry.mac === mac.toLowerCase()) &&
    (vtep === undefined || entry.vtep === vtep) &&
    (status === undefined || status.includes(entry.status)) &&
    (address === undefined ||
      (entry.ip !== null && (address.includes('/') ? inSubnet(entry.ip, address) : entry.ip === address)));
}

type RawRow = Pick<FdbEntry, 'host' | 'netns'> & {mac: string; dst?: string};

/** A row of the kernel has an address and a status by the endpoint that its MAC is of. */
function rawFilter(filters: Filter, entries: FdbEntry[]): (row: RawRow) => boolean {
  const key = ({host, netns, mac}: Pick<FdbEntry, 'host' | 'netns' | 'mac'>) => `${host} ${netns} ${mac}`;
  const byMac = new Map<string, FdbEntry[]>();
  for (const entry of entries) {
    const same = byMac.get(key(entry));
    if (same) same.push(entry);
    else byMac.set(key(entry), [entry]);
  }
  return (row) => {
    const own = {mac: row.mac, vtep: row.dst ?? null};
    const known = byMac.get(key(row)) ?? [{ip: null, status: ''}];
    return known.some(({ip, status}) => filters({...own, ip, status}));
  };
}
