import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import type {HostNode} from '../snapshot/snapshot.js';
import type {EngineAccess} from './collect.js';
import {engineQuestions} from './engine-questions.js';

/** A node as the manager lists it; its labels serve to choose nodes and are never kept. */
export interface ListedNode extends HostNode {
  labels: Record<string, string>;
}

export interface SwarmView {
  /** Node id of the engine that was asked. */
  asked: string;
  nodes: ListedNode[];
}

/** Asks an engine for the nodes of its swarm. Throws where it is no manager, or no engine answers. */
export async function askSwarm(access: EngineAccess, signal: AbortSignal): Promise<SwarmView> {
  const engine = engineQuestions(access, signal);
  try {
    const asked = selfOf(await engine.json('/info'), access.shell.label);
    return {asked, nodes: nodesOf(await engine.json('/nodes'))};
  } catch (error) {
    if (!(error instanceof OvdiagError) || error.code !== 'docker-unreachable') throw error;
    throw new OvdiagError(
      {
        code: error.code,
        message: error.message,
        suggestions: [
          'Can you ask it by hand? docker node ls',
          'Ask a manager elsewhere: --host ssh://user@manager --swarm',
          'Or name the hosts yourself: --hosts-file FILE',
        ],
      },
      {cause: error},
    );
  } finally {
    engine.close();
  }
}

type Json = Record<string, unknown>;

/** The node id of a manager's own engine; throws for any other engine, with the managers that it knows. */
export function selfOf(info: unknown, label: string): string {
  const swarm = object(object(info)['Swarm']);
  const id = text(swarm['NodeID']);
  if (swarm['ControlAvailable'] === true && id !== '') return id;
  const managers = list(swarm['RemoteManagers'])
    .map((manager) => hostOf(text(manager['Addr'])))
    .filter((address) => address !== undefined);
  const state = text(swarm['LocalNodeState']);
  const active = state === 'active';
  throw new OvdiagError({
    code: active ? 'not-a-manager' : 'not-a-swarm',
    message: active
      ? `${quoteText(label)} is a worker, and only managers know the nodes of the swarm.`
      : `${quoteText(label)} is in no swarm (its state is ${quoteText(state || 'unknown')}).`,
    suggestions: [
      ...(active ? managers.slice(0, 3) : []).map(
        (address) =>
          `Ask a manager: --host ssh://root@${address.includes(':') ? `[${address}]` : address} --swarm`,
      ),
      'Or name the hosts yourself: --hosts-file FILE',
    ],
  });
}

/** The nodes of `GET /nodes` (moby api/types/swarm/node.go). */
export function nodesOf(answer: unknown): ListedNode[] {
  return list(answer).map((node) => {
    const [spec, status] = [object(node['Spec']), object(node['Status'])];
    const address = addressOf(text(status['Addr']), text(object(node['ManagerStatus'])['Addr']));
    const id = text(node['ID']);
    return {
      id,
      name: text(object(node['Description'])['Hostname']) || id,
      ...(address === undefined ? {} : {address}),
      role: text(spec['Role']) || 'unknown',
      availability: text(spec['Availability']) || 'unknown',
      state: text(status['State']) || 'unknown',
      labels: labelsOf(spec['Labels']),
    };
  });
}

/** A manager may list itself as 0.0.0.0 or as its loopback address; what the other managers call it is right then. */
function addressOf(address: string, managerAddress: string): string | undefined {
  return [address, hostOf(managerAddress)].find(
    (one) => one && !/^(0\.0\.0\.0|127\.\d+\.\d+\.\d+|::|::1)$/.test(one),
  );
}

/** The host part of `192.0.2.1:2377` or `[2001:db8::1]:2377`. */
function hostOf(hostAndPort: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+)):\d+$/.exec(hostAndPort) ?? [];
  return bracketed ?? plain;
}

function labelsOf(labels: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(object(labels)).map(([key, value]) => [key, String(value)]));
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
