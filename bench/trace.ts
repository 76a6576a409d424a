/**
 * Compares `ovdiag trace`, the whole process, over two snapshots of hosts with 1,000 endpoints each with `ovdiag --help`.
 * The snapshots are the recorded ones, with endpoints added to Docker's answers and to the tables of the network's
 * sandbox. Nothing here passes or fails by time.
 *
 *   npm run build && node --import tsx bench/trace.ts [ENDPOINTS] [ROUNDS]
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {HostEvidence} from '../src/snapshot/snapshot.js';
import {
  answerOf,
  derived,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
} from '../test/support/evidence.js';

const [count, rounds] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 9)];
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const vteps = ['172.31.1.5', '192.168.1.5'];

interface Made {
  ip: string;
  mac: string;
  id: string;
  host: number;
}

/** Endpoints of both hosts, 10.0.1.0/16 seen as 10.2 and 10.3. */
const endpoints = [0, 1].flatMap((host) =>
  Array.from({length: count}, (_, index): Made => {
    const [high, low] = [index >> 8, index & 255];
    const hex = [10, 2 + host, high, low].map((octet) => octet.toString(16).padStart(2, '0'));
    return {
      ip: `10.${2 + host}.${high}.${low}`,
      mac: `02:42:${hex.join(':')}`,
      id: `${host + 1}${index.toString(16)}`.padEnd(64, 'e'),
      host,
    };
  }),
);

function large(host: number): HostEvidence {
  const evidence = recordedEvidence(`node${host + 1}`);
  const {id, file} = overlayOf(evidence, 'uber-net');
  return derived(evidence, (draft) => {
    const far = endpoints.filter((one) => one.host !== host);
    editTable(draft, file, 'fdb', (rows) => [
      ...rows,
      ...far.map(({mac}) => ({
        mac,
        ifname: 'vxlan0',
        dst: vteps[1 - host],
        used: 9,
        updated: 9,
        flags: ['self'],
        state: 'permanent',
      })),
    ]);
    editTable(draft, file, 'neigh', (rows) => [
      ...rows,
      ...far.map(({ip, mac}) => ({dst: ip, dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']})),
    ]);
    const near = endpoints.filter((one) => one.host === host);
    editAnswers(draft, new RegExp(`^/networks/${id}`), (body: Raw) => {
      for (const {ip, mac, id: key} of near) {
        body.Containers[key] = {
          Name: `made-${key.slice(0, 6)}`,
          EndpointID: key,
          MacAddress: mac,
          IPv4Address: `${ip}/8`,
          IPv6Address: '',
        };
      }
      const plain = body.Services?.[''];
      if (plain) {
        plain.Tasks = [
          ...(plain.Tasks ?? []),
          ...endpoints.map(({ip, id: key, host: owner}) => ({
            Name: `made-${key.slice(0, 6)}`,
            EndpointID: key,
            EndpointIP: ip,
            Info: {'Host IP': vteps[owner]},
          })),
        ];
      }
    });
    if (answerOf(draft, new RegExp(`^/networks/${id}`)) === undefined) throw new Error('no network');
  });
}

function once(args: string[]): number {
  const start = process.hrtime.bigint();
  const {status, stderr} = spawnSync(process.execPath, [ovdiag, ...args], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`ovdiag ${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(times: number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-bench-'));
try {
  const files = [0, 1].map((host) => {
    const target = path.join(folder, `node${host + 1}.json`);
    const snapshot = {
      schemaVersion: 1,
      tool: {name: 'ovdiag', version: '0.1.0'},
      createdAt: new Date().toISOString(),
      hosts: [large(host)],
    };
    writeFileSync(target, JSON.stringify(snapshot));
    return target;
  });
  const trace = ['trace', 'web1', 'web2', ...files.flatMap((file) => ['-s', file])];
  const [help, walk]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    help.push(once(['--help']));
    walk.push(once(trace));
  }
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, median of ${rounds} rounds, in turn`,
  );
  console.log(`ovdiag --help                                   ${median(help).toFixed(0)} ms`);
  console.log(`ovdiag trace, two snapshots of ${count} endpoints   ${median(walk).toFixed(0)} ms`);
  console.log(`ratio                                           ${(median(walk) / median(help)).toFixed(2)}`);
} finally {
  rmSync(folder, {recursive: true, force: true});
}
