import {device as deviceWord, number, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {Network} from '../../model/docker-types.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Tunnel} from '../../topology/tunnels.js';
import {defineCheck, type Report} from '../check.js';
import {linkLine} from '../words.js';
import {linksWith} from './mtu-agreement.js';

/** What the engine takes the MTU of the underlay for where the network has no option (moby drivers/overlay/ov_network.go). */
const defaultBase = 1500;
/** VXLAN over IPv4, and what ESP adds; encrypted ones are rounded down to a multiple of 4 (maxMTU there). */
const vxlanBytes = 50;
const espBytes = 26;

/** Whether vxlan devices have the MTU that their network was created with. */
export const mtuOption = defineCheck({
  name: 'mtu-option',
  codes: ['mtu-unlike-option'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const tunnel of host.tunnels) {
      const {device, network} = tunnel;
      // A worker lists a network with its options only while something of it runs there, as here.
      if (device.mtu !== undefined && device.mtu !== wantedMtu(network)) tell(host, tunnel, report);
    }
    return undefined;
  },
});

/** The MTU inside the overlay, in bytes. */
export function wantedMtu({mtuOption: base = defaultBase, encrypted}: Network): number {
  if (!encrypted) return base - vxlanBytes;
  const rest = base - vxlanBytes - espBytes;
  return rest - (rest % 4);
}

function tell(host: KnownHost, tunnel: Tunnel, report: Report): void {
  const {device, network, netns} = tunnel;
  const wanted = wantedMtu(network);
  const is = device.mtu ?? 0;
  const base =
    network.mtuOption === undefined ? `no mtu option, so ${defaultBase}` : `option mtu ${network.mtuOption}`;
  // What was changed together with it: by itself it would differ from its ports.
  const alike = linksWith(host, tunnel).filter(({link}) => link.mtu === device.mtu);
  const all = alike.length > 0 ? alike : [{file: netns, link: device}];
  const set = (mtu: number) =>
    all.map(({file, link}) =>
      within(host.model, file, sh`ip link set ${deviceWord(link.name)} mtu ${number(mtu)}`),
    );
  report.found({
    code: 'mtu-unlike-option',
    severity: 'warning',
    host: host.name,
    network: network.name,
    subject: `${device.name} in ${netns}`,
    evidence: [
      `${netns}: ${linkLine(device)}`,
      `${network.name}: ${base}${network.encrypted ? ', encrypted' : ''}: ${wanted} inside`,
    ],
    cause: `${device.name} of ${network.name} has MTU ${is}, and the engine sets ${wanted}: ${
      is < wanted
        ? 'frames between that and the MTU of the containers are dropped on this host'
        : 'it was changed, and larger frames are sent than the network was created for'
    }`,
    check: look(within(host.model, netns, sh`ip link show ${deviceWord(device.name)}`), `mtu ${is}`),
    fix: fixBy({commands: set(wanted), undo: set(is), affects: `frames of ${network.name} on this host`}),
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns, device: device.name},
  });
}
