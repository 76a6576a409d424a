import type {HostModel} from '../model/host.js';
import type {FrameArrival, Reception} from '../packet/names.js';
import {knownHost} from '../topology/known-host.js';
import {isWalk} from '../trace/bridge.js';
import {admitOuter} from '../trace/receive.js';
import {trail} from '../trace/trail.js';

/** The network of a VNI, as far as its receivers need it. */
export interface ReceivingNetwork {
  id: string;
}

/** Frames that differ in nothing that a receiver looks at share an answer; random ones are an attack. */
const mostKnown = 16_384;

/**
 * Whether the host with the destination VTEP takes a frame of VXLAN, by trace's judgement of its tables: rules, port, VNI,
 * and the FDB entry of the sender's MAC. Undefined where that host was not read, and for encrypted networks, whose frames
 * no capture of the underlay shows.
 */
export function frameReceptions(
  hosts: HostModel[],
  networkOf: (vni: number) => ReceivingNetwork | undefined,
): (arrival: FrameArrival) => Reception | undefined {
  const byVtep = new Map<string, HostModel>();
  for (const host of hosts) {
    const vtep = knownHost(host).vtepAmong(hosts)?.address;
    if (vtep !== undefined) byVtep.set(vtep, host);
  }
  const known = new Map<string, Reception | undefined>();
  return (arrival) => {
    const host = byVtep.get(arrival.dst);
    if (host === undefined) return undefined;
    const key = [arrival.src, arrival.dst, arrival.port, arrival.vni, arrival.srcMac].join(' ');
    if (!known.has(key)) {
      if (known.size >= mostKnown) known.clear();
      known.set(key, receptionAt(hosts, host, arrival, networkOf(arrival.vni)));
    }
    return known.get(key);
  };
}

function receptionAt(
  hosts: HostModel[],
  host: HostModel,
  {src, dst, port, vni, srcMac}: FrameArrival,
  network: ReceivingNetwork | undefined,
): Reception | undefined {
  const id = network?.id ?? '';
  const configured = hosts.flatMap(({docker}) => docker?.networks ?? []);
  if (configured.some((one) => one.id === id && one.encrypted)) return undefined;
  const steps = trail();
  const admitted = admitOuter(steps, knownHost(host), {
    outer: {src, dst, port, vni},
    srcMac,
    networkId: id,
    encrypted: false,
  });
  const named = {host: host.name};
  const failed = steps.hops.find(({verdict}) => verdict === 'fail');
  if (isWalk(admitted) && failed?.code !== undefined)
    return {...named, verdict: 'dropped', code: failed.code, reason: failed.summary};
  const open = steps.hops.find(({verdict}) => verdict === 'unknown');
  if (isWalk(admitted) || open) return {...named, verdict: 'unknown', reason: open?.summary ?? ''};
  return {...named, verdict: 'accepted'};
}
