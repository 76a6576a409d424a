import {type Command, device, mac as macWord, sh} from '../../base/command.js';
import {type Advice, fixBy, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import {rowText} from '../../kernel/printed.js';
import type {Network} from '../../model/docker-types.js';
import type {FdbRow} from '../../model/facts.js';
import {isBridgeRow, judgeBridgeRow} from '../../rows/bridge-row.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {LocalEndpoint} from '../../topology/local-endpoints.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';

/** Where the bridge of a sandbox has the MACs of this host's own endpoints: behind their ports, or astray. */
export const bridgeRows = defineCheck({
  name: 'bridge-rows',
  codes: ['local-mac-on-vxlan', 'mac-behind-other-port', 'bridge-takes-mac'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      const endpoints = host.endpoints(network);
      for (const sandbox of sandboxes) {
        const fdb = sandbox.namespace.tables?.links && sandbox.namespace.tables.fdb;
        if (!fdb || !endpoints) {
          unread(host, network, sandbox, endpoints !== undefined, report);
          continue;
        }
        const rows = bridgeRowsOf(fdb);
        for (const endpoint of endpoints) astray(host, {network, sandbox, endpoint, rows}, report);
        taken(host, {network, sandbox, rows}, report);
      }
    }
    return undefined;
  },
});

function unread(
  host: KnownHost,
  network: Network,
  {namespace: {file}}: Sandbox,
  listed: boolean,
  report: Report,
): void {
  report.notChecked({
    host: host.name,
    network: network.name,
    reason: `where the bridge of ${file} has its endpoints' MACs: ${listed ? 'its FDB was not read' : 'the engine did not list them'}`,
    add: listed ? 'run it as root on that host, with iproute2' : 'see that the engine answers there',
  });
}

/** The bridges' rows by MAC. */
function bridgeRowsOf(fdb: FdbRow[]): Map<string, FdbRow[]> {
  const rows = new Map<string, FdbRow[]>();
  for (const row of fdb) {
    if (!isBridgeRow(row)) continue;
    const known = rows.get(row.mac);
    if (known) known.push(row);
    else rows.set(row.mac, [row]);
  }
  return rows;
}

interface Asked {
  network: Network;
  sandbox: Sandbox;
  rows: Map<string, FdbRow[]>;
}

function astray(
  host: KnownHost,
  {network, sandbox, endpoint, rows}: Asked & {endpoint: LocalEndpoint},
  report: Report,
): void {
  const {file, tables} = sandbox.namespace;
  const {link, port} = endpoint;
  const mac = link?.mac ?? endpoint.mac;
  if (mac === undefined || endpoint.kind === 'unknown') return;
  for (const row of rows.get(mac) ?? []) {
    const own = port?.netns === file && port.link.master === row.master ? port.link : undefined;
    const place = judgeBridgeRow(tables?.links ?? [], row, own);
    if (place !== 'into-tunnel' && place !== 'behind-other-port') continue;
    report.found(astrayRow(host, {network, sandbox, endpoint}, row, place));
  }
}

function astrayRow(
  host: KnownHost,
  {network, sandbox, endpoint: {name, ip, port}}: Omit<Asked, 'rows'> & {endpoint: LocalEndpoint},
  row: FdbRow,
  place: 'into-tunnel' | 'behind-other-port',
): Finding {
  const {file} = sandbox.namespace;
  const {mac} = row;
  const onVxlan = place === 'into-tunnel';
  const behind = port ? `, its container is behind ${port.link.name}` : '';
  return {
    code: onVxlan ? 'local-mac-on-vxlan' : 'mac-behind-other-port',
    severity: 'error',
    host: host.name,
    network: network.name,
    subject: name,
    evidence: [`${file}: ${rowText(row)}`],
    cause: onVxlan
      ? `${row.master ?? 'the bridge'} has ${mac}, the MAC of ${name} on this host, behind ${row.device}${behind}: frames for it are sent into the tunnel until ${name} itself sends or the entry ages out (300 s)`
      : `${row.master ?? 'the bridge'} has ${mac}, the MAC of ${name}, behind ${row.device}${behind}: frames for it are sent there until ${name} itself sends or the entry ages out (300 s)`,
    ...forgotten(host, file, row),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file, ...(ip ? {address: ip} : {})},
  };
}

/** A row of a bridge taken away: it learns the MAC again from its next frame. */
function forgotten(host: KnownHost, file: string, {mac, device: dev}: FdbRow): Advice {
  const inside = (command: Command) => within(host.model, file, command);
  return {
    check: look(inside(sh`bridge fdb show dev ${device(dev)}`), `${mac} master`),
    fix: fixBy({
      commands: [inside(sh`bridge fdb del ${macWord(mac)} dev ${device(dev)} master`)],
      affects: 'that entry; the bridge learns the MAC again from its next frame',
    }),
  };
}

/** Endpoints by MAC: remote ones by the rows of the sandbox, local ones by the engine. */
function ownersOf(
  host: KnownHost,
  network: Network,
  {namespace: {tables}}: Sandbox,
): Map<string, {name: string; ip?: string}> {
  const owners = new Map<string, {name: string; ip?: string}>();
  for (const {mac, address: ip} of tables?.neighbours ?? []) if (mac) owners.set(mac, {name: ip, ip});
  for (const {mac, name, ip} of host.endpoints(network) ?? [])
    if (mac) owners.set(mac, {name, ...(ip ? {ip} : {})});
  return owners;
}

/** MACs of endpoints that a bridge takes for its own. */
function taken(host: KnownHost, {network, sandbox, rows}: Asked, report: Report): void {
  const {file, tables} = sandbox.namespace;
  const own = new Set(tables?.links?.flatMap(({mac}) => mac ?? []));
  const owners = ownersOf(host, network, sandbox);
  for (const [mac, same] of rows) {
    const row = same.find((one) => judgeBridgeRow([], one, undefined) === 'taken');
    const owner = owners.get(mac);
    if (!row || !owner || own.has(mac)) continue;
    report.found({
      code: 'bridge-takes-mac',
      severity: 'error',
      host: host.name,
      network: network.name,
      subject: owner.name,
      evidence: [`${file}: ${rowText(row)}`],
      cause: `a permanent entry makes ${mac}, the MAC of ${owner.name}, a local address of ${row.master ?? 'the bridge'}: frames for it are received here and not forwarded`,
      ...forgotten(host, file, row),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file, ...(owner.ip ? {address: owner.ip} : {})},
    });
  }
}
