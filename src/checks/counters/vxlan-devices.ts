import type {KnownHost} from '../../topology/known-host.js';

/** What a vxlan device and its bridge have counted at one reading, in plain data. */
export interface VxlanCounts {
  /** File and inode of the sandbox: a sandbox that was made again counts from zero. */
  netns: string;
  inode: number | null;
  networkId: string;
  network: string;
  encrypted: boolean;
  device: string;
  port: number | null;
  rxPackets: number;
  txPackets: number;
  txErrors: number;
  txCarrierErrors: number;
  txDropped: number;
  /** Frames that the bridge itself took and sent. Every broadcast and multicast of a container is among them. */
  bridgeFrames: number;
  /** Frames for MACs without a row that the device announced while it was listened to; null where nobody listened. */
  announced: number | null;
}

/** The vxlan devices of all overlay sandboxes that Docker names, where their counters were read. */
export function vxlanCounts(host: KnownHost): VxlanCounts[] {
  return host.overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap(({namespace: {file, inode, tables}}) =>
      (tables?.links ?? []).flatMap((link): VxlanCounts[] => {
        const {vxlan, stats, name, master} = link;
        if (!vxlan || !stats) return [];
        const bridge = tables?.links?.find((other) => other.kind === 'bridge' && other.name === master);
        const {rxPackets, txPackets, txErrors, txCarrierErrors, txDropped} = stats;
        return [
          {
            netns: file,
            inode: inode ?? null,
            networkId: network.id,
            network: network.name,
            encrypted: network.encrypted,
            device: name,
            port: vxlan.port ?? null,
            rxPackets,
            txPackets,
            txErrors,
            txCarrierErrors,
            txDropped,
            bridgeFrames: (bridge?.stats?.rxPackets ?? 0) + (bridge?.stats?.txPackets ?? 0),
            announced:
              tables?.misses
                ?.filter(({layer, device}) => layer === 'l2' && device === name)
                .reduce((sum, {times}) => sum + times, 0) ?? null,
          },
        ];
      }),
    ),
  );
}

/** Of two readings, the same device of the same sandbox. */
export function vxlanKey({netns, inode, device}: VxlanCounts): string {
  return `${netns} ${inode} ${device}`;
}
