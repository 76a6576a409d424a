/** The part of the hosts that a picture is of. */
import type {HostScene} from './host-scene.js';
import {gatewayKey} from './host-scene.js';

export interface Focus {
  /** Ids of the networks. */
  networks: ReadonlySet<string>;
  /** These inhabitants stay open, as `focusKey`; all others are folded. Absent where all of the networks are meant. */
  inhabitants?: ReadonlySet<string>;
  /** Only these hosts, by name. */
  hosts?: ReadonlySet<string>;
}

export const focusKey = (host: string, name: string) => `${host}\0${name}`;

/** Hosts with the networks that are meant, and who is on them. Hosts that have none of it are left out. */
export function focusOn(scenes: readonly HostScene[], {networks, hosts, inhabitants}: Focus): HostScene[] {
  return scenes.flatMap((scene) => {
    if (hosts && !hosts.has(scene.name)) return [];
    const isWanted = (name: string) => inhabitants?.has(focusKey(scene.name, name)) ?? false;
    const part = partOf(scene, networks, isWanted);
    return part.segments.length > 0 || part.inhabitants.length > 0 || hosts !== undefined ? [part] : [];
  });
}

function partOf(
  scene: HostScene,
  networks: ReadonlySet<string>,
  isWanted: (name: string) => boolean,
): HostScene {
  const segments = scene.segments.filter(({networkId}) => networkId !== null && networks.has(networkId));
  const keys = new Set([gatewayKey, ...segments.map(({key}) => key)]);
  const inhabitants = scene.inhabitants.flatMap((one) => {
    const isOn = one.plugs.some(
      ({segment}) => segment !== null && segment !== gatewayKey && keys.has(segment),
    );
    const plugs = one.plugs.filter(({segment}) => segment === null || keys.has(segment));
    return isOn || isWanted(one.name) ? [{...one, plugs}] : [];
  });
  return {...scene, segments, inhabitants};
}
