/** The answer of `inspect` in one line: whether the container runs, and which endpoints it can't reach. */
import type {Inspection} from './inspection.js';
import type {Reachability, UnreachableEndpoint} from './unreachable.js';

/** `web1 on node1: 1 of 6 endpoints UNREACHABLE: web2 (10.0.1.9, uber-net) on node1 at vxlan0: no FDB entry for … (fdb-row-missing)`. */
export function inspectVerdict(typed: string, inspection: Inspection, reach: Reachability): string {
  const {host, container, mode, namespace, interfaces} = inspection;
  return `${typed} on ${host}: ${state()}`;

  function state(): string {
    const {status} = container;
    if (!container.running) return `NOT RUNNING: ${status ?? 'not running'}`;
    const lost = lostText(reach);
    if (lost !== undefined) return lost;
    const down = interfaces.find(({state: link}) => link === 'DOWN' || link === 'LOWERLAYERDOWN');
    if (down) return `LINK DOWN: ${down.name}`;
    if (mode === 'own' && namespace === null) return 'its network namespace was not read';
    return `${status ?? 'running'}, ${reachedText(reach)}`;
  }
}

function lostText({unreachable, walked, judged}: Reachability): string | undefined {
  const cut = unreachable.filter(({largeOnly}) => !largeOnly);
  const [first] = cut.length > 0 ? cut : unreachable;
  if (!first) return undefined;
  const [count, word] =
    cut.length > 0 ? [cut.length, 'UNREACHABLE'] : [unreachable.length, 'LOSE LARGE PACKETS'];
  return `${count} of ${walked + judged} endpoints ${word}: ${endpointText(first)}`;
}

function endpointText(lost: UnreachableEndpoint): string {
  const {endpointName: endpoint, address, network, host, device, direction, reason, code} = lost;
  const at = `${host === null ? '' : ` on ${host}`}${device === null ? '' : ` at ${device}`}`;
  const way = direction === 'reply' ? 'reply lost: ' : '';
  return `${endpoint ?? address} (${address}, ${network})${at}: ${way}${reason}${code === null ? '' : ` (${code})`}`;
}

function reachedText({walked, judged, undecided}: Reachability): string {
  const all = walked + judged;
  if (all === 0) return 'no overlay endpoint to check';
  const open = undecided > 0 ? `, ${undecided} undecided` : '';
  return `none of ${all} overlay endpoints found unreachable${open} (from tables)`;
}
