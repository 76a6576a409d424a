/** Frames that came in by a tunnel and did not go on to its bridge, by the ages of the rows of one host. */
import {address, number, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Arrivals, Suspect} from '../../rows/arrivals.js';
import {ageSlack} from '../../rows/row-ages.js';

/**
 * Those of which a frame came between two readings and did not go on. One reading is no proof: a row that was written
 * by hand, or a port that was down, leaves the same ages for a while. So it must look like that in both readings, or
 * the bridge's row be older than the first: it may be younger, as the vxlan device's own answers to ARP carry the
 * sender's MAC and renew it.
 */
export function stillDropped(before: Arrivals, after: Arrivals): Suspect[] {
  const key = ({netns, device, mac}: Suspect) => `${netns} ${device} ${mac}`;
  const earlier = new Set(before.suspects.map(key));
  return after.suspects.filter((one) => {
    const seconds =
      ((after.readAt[one.netns] ?? Number.NaN) - (before.readAt[one.netns] ?? Number.NaN)) / 1000;
    const came = one.arrivedSeconds + ageSlack < seconds;
    const older = one.onwardSeconds !== undefined && one.onwardSeconds - ageSlack > seconds;
    return came && (older || earlier.has(key(one)));
  });
}

export function silentDrop(host: string, suspect: Suspect): Finding {
  const {network, netns, device, port, ip, dst, who, arrivedSeconds, evidence} = suspect;
  return {
    code: 'silent-drop-observed',
    severity: 'error',
    host,
    network: network.name,
    subject: who,
    evidence,
    cause: `frames of ${who} reached ${device} ${arrivedSeconds} s before collection, and none was forwarded to its bridge: their outer source is not ${dst}, because of NAT on the path or a second address of the node, and the device drops them`,
    check: look(
      sh`tcpdump -ni any udp port ${number(port)} and not src ${address(dst)}`,
      'the address that they come from',
    ),
    fix: fixByOthers(
      'administrator of the NAT between the hosts, or of the routes on the sender',
      `make UDP ${port} of that node arrive with the source address ${dst}`,
    ),
    basis: 'sample',
    at: {host, networkId: network.id, netns, address: ip},
  };
}
