/** Faults of what decides about frames and is set on a device, a port or a bridge while every link is up, for `doctor`. */
import type {End} from '../trace-ends.js';
import {endsOf} from '../trace-run.js';
import {type DoctorFault, fault} from './fault.js';

/** An edit in the sandbox of uber-net on node1, undone by another. */
function sandboxFault(
  code: string,
  about: string,
  make: (end: End) => string,
  mend: (end: End) => string,
): DoctorFault {
  return fault(code, about, async (lab) => {
    const {one} = await endsOf(lab, 'web');
    await one.sandbox(make(one));
    return () => one.sandbox(mend(one));
  });
}

/** A setting of a port, and what puts it back. */
const portFault = (code: string, about: string, which: 'vxlan' | 'port', set: string, back: string) =>
  sandboxFault(
    code,
    about,
    (end) => `bridge link set dev ${end[which]} ${set}`,
    (end) => `bridge link set dev ${end[which]} ${back}`,
  );

const deviceFault = (code: string, about: string, set: string, back: string) =>
  sandboxFault(
    code,
    about,
    ({vxlan}) => `ip link set ${vxlan} type vxlan ${set}`,
    ({vxlan}) => `ip link set ${vxlan} type vxlan ${back}`,
  );

export const faultsOfSettings: readonly DoctorFault[] = [
  portFault('port-not-forwarding', 'the port of web1 set to state disabled', 'port', 'state 0', 'state 3'),
  portFault('port-locked', 'the port of the vxlan device locked', 'vxlan', 'locked on', 'locked off'),
  portFault(
    'port-broadcast-off',
    'broadcasts kept from the vxlan device',
    'vxlan',
    'bcast_flood off',
    'bcast_flood on',
  ),
  portFault(
    'port-does-not-flood',
    'flooding to the vxlan device turned off',
    'vxlan',
    'flood off',
    'flood on',
  ),
  sandboxFault(
    'ports-isolated',
    'the ports of web1 and of the vxlan device isolated',
    ({vxlan, port}) => `bridge link set dev ${vxlan} isolated on; bridge link set dev ${port} isolated on`,
    ({vxlan, port}) => `bridge link set dev ${vxlan} isolated off; bridge link set dev ${port} isolated off`,
  ),
  deviceFault('vxlan-ttl-low', 'the vxlan device sends with TTL 1', 'ttl 1', 'ttl auto'),
  deviceFault('vxlan-changed', 'the vxlan device sets DF in outer packets', 'df set', 'df unset'),
  deviceFault(
    'outer-source-mismatch',
    'the vxlan device has a local address of no host',
    'local 172.31.1.77',
    'local 0.0.0.0',
  ),
];
