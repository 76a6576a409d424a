import {ipVersion} from '../base/ip-version.js';

/** The engine's own record of its addresses in the swarm, `swarm/docker-state.json` (moby daemon/cluster/noderunner.go nodeStartConfig). */
export interface SwarmState {
  /** Addresses as they were given or found when the node joined; absent where the engine found them anew at each start. */
  localAddress?: string;
  advertiseAddress?: string;
  dataPathAddress?: string;
  /** Of a manager: where it listens for other nodes. */
  listenAddress?: string;
  listenPort?: number;
  /** UDP port of the data path; absent where it is 0, which on a worker says nothing. */
  dataPathPort?: number;
  /** The fields as they stand there. */
  lines: string[];
}

/** Reads the collector's form of it: a line for each field, `"AdvertiseAddr":"192.0.2.1:2377"`. */
export function parseSwarmState(text: string): SwarmState {
  const lines = text.split('\n').filter(Boolean).slice(0, 20);
  const fields = new Map(
    lines.flatMap((line) => {
      const [, name = '', quoted, bare] = /^"(\w+)": *(?:"([^"]*)"|(\d+))$/.exec(line) ?? [];
      return name === '' ? [] : [[name, quoted ?? bare ?? ''] as const];
    }),
  );
  const state: SwarmState = {lines};
  const local = hostOf(fields.get('LocalAddr'));
  if (local) state.localAddress = local;
  const advertise = hostOf(fields.get('AdvertiseAddr'));
  if (advertise) state.advertiseAddress = advertise;
  const dataPath = hostOf(fields.get('DataPathAddr'));
  if (dataPath) state.dataPathAddress = dataPath;
  const [listen, listenPort] = [hostOf(fields.get('ListenAddr')), portOf(fields.get('ListenAddr'))];
  if (listen) state.listenAddress = listen;
  if (listenPort) state.listenPort = listenPort;
  const port = Number(fields.get('DataPathPort'));
  if (port > 0 && port < 65_536) state.dataPathPort = port;
  return state;
}

/** The address of `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; undefined for what is no address, such as a device's name. */
function hostOf(text: string | undefined): string | undefined {
  const host = /^\[([^\]]+)\](?::\d+)?$/.exec(text ?? '')?.[1] ?? text?.replace(/^([^:]+):\d+$/, '$1');
  return host !== undefined && ipVersion(host) !== 0 ? host : undefined;
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(/:(\d{1,5})$/.exec(text ?? '')?.[1]);
  return port > 0 && port < 65_536 ? port : undefined;
}
