import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {lineAt, lineOfPath} from '../base/json-line.js';
import {nearNames} from '../base/near.js';
import {parseHost} from '../collect/transport.js';
import type {Acceptance} from '../findings/acceptance.js';

/** What a configuration file says (schemas/config.json). Whatever runs a program is not among it. */
export interface Config {
  /** Hosts in the form of `--host`, by the name of their group. */
  groups: Record<string, string[]>;
  accept: Acceptance[];
  sshUser?: string;
  parallel?: number;
  hostTimeout?: string;
  maxSkew?: string;
}

export const emptyConfig: Config = {groups: {}, accept: []};

/** What the user's file says, before what the system's says: group by group and key by key; accepted findings of both. */
export function mergedConfig(user: Config, system: Config): Config {
  return {
    ...system,
    ...user,
    groups: {...system.groups, ...user.groups},
    accept: [...user.accept, ...system.accept],
  };
}

/** The hosts of a `--host` value, which names one host or, as `@NAME`, a group. */
export function hostsNamed(host: string, {groups, sshUser}: Config): string[] {
  if (!host.startsWith('@')) return [host];
  const name = host.slice(1);
  const hosts = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (!hosts) {
    const names = Object.keys(groups);
    throw usageError('unknown-group', `The configuration has no group of hosts ${quoteText(name)}.`, [
      ...nearNames(name, names).map((one) => `Did you mean: @${one}`),
      names.length > 0
        ? `Groups: ${names.sort().join(', ')}`
        : 'Groups are defined in ~/.config/ovdiag/config.json',
    ]);
  }
  return hosts.map((one) =>
    sshUser === undefined ? one : one.replace(/^ssh:\/\/(?![^/]*@)/, `ssh://${sshUser}@`),
  );
}

/** Reads the text of a file. Throws a usage error that names the file, the line and what is expected there. */
export function parseConfig(text: string, file: string): Config {
  const refuse = (line: number, why: string): never => {
    throw usageError('invalid-config', `${quoteText(file)}, line ${line}: ${why}.`, [
      'What it may contain: docs/config.md and schemas/config.json of the installation',
    ]);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const {message} = error as Error;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = lineAt(text, position === undefined ? text.trimEnd().length : Number(position));
    return refuse(line, 'this is not JSON');
  }
  const refuseAt = (path: string[], why: string) =>
    refuse(lineOfPath(text, path), `${path.join('.')} ${why}`);
  if (!isObject(value)) return refuse(1, 'an object is expected');
  const config: Config = {groups: {}, accept: []};
  for (const [key, own] of Object.entries(value)) {
    if (key === '$schema') continue;
    const read = Object.hasOwn(readers, key) ? readers[key as keyof typeof readers] : undefined;
    if (!read) refuseAt([key], `is unknown; known are ${Object.keys(readers).join(', ')}`);
    else read(config, own, (path, why) => refuseAt([key, ...path], why));
  }
  return config;
}

type Refuse = (path: string[], why: string) => never;
type Read = (config: Config, value: unknown, refuse: Refuse) => void;

const readers: Record<keyof Config, Read> = {
  groups(config, value, refuse) {
    if (!isObject(value)) return refuse([], 'must be an object of lists of hosts');
    for (const [name, hosts] of Object.entries(value)) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) refuse([name], 'is no name for a group');
      if (!Array.isArray(hosts) || hosts.length === 0) return refuse([name], 'must be a list of hosts');
      config.groups[name] = hosts.map((host, index) =>
        groupHost(host, (why) => refuse([name, String(index)], why)),
      );
    }
  },
  sshUser(config, value, refuse) {
    if (typeof value !== 'string' || !/^[A-Za-z0-9._\\+][A-Za-z0-9._\\+-]*$/.test(value))
      return refuse([], 'must be a user name');
    config.sshUser = value;
  },
  parallel(config, value, refuse) {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 1000)
      return refuse([], 'must be a number from 1 to 1000');
    config.parallel = value;
  },
  hostTimeout(config, value, refuse) {
    config.hostTimeout = time(value, refuse);
  },
  maxSkew(config, value, refuse) {
    config.maxSkew = time(value, refuse);
  },
  accept(config, value, refuse) {
    if (!Array.isArray(value)) return refuse([], 'must be a list of accepted findings');
    config.accept = value.map((one, index) =>
      acceptance(one, (path, why) => refuse([String(index), ...path], why)),
    );
  },
};

/** A host over ssh or this one: a command in a file would be run by whoever reads it. */
function groupHost(value: unknown, refuse: (why: string) => never): string {
  if (value === 'local') return value;
  if (typeof value !== 'string' || !value.startsWith('ssh://'))
    return refuse('must be ssh://[user@]host[:port] or local');
  try {
    parseHost(value);
  } catch (error) {
    if (!(error instanceof OvdiagError)) throw error;
    return refuse(error.message.replace(/^--host /, 'is invalid: ').replace(/\.$/, ''));
  }
  return value;
}

function time(value: unknown, refuse: Refuse): string {
  if (typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h)$/.test(value)) return value;
  return refuse([], 'must be a time such as "90s" or "2m"');
}

const acceptanceKeys = ['code', 'reason', 'until', 'host', 'network'] as const;

function acceptance(value: unknown, refuse: Refuse): Acceptance {
  if (!isObject(value)) return refuse([], 'must be an object with code, reason and until');
  const unknown = Object.keys(value).find((key) => !(acceptanceKeys as readonly string[]).includes(key));
  if (unknown !== undefined) return refuse([unknown], `is unknown; known are ${acceptanceKeys.join(', ')}`);
  const {code, reason, until, host, network} = value;
  const text = (key: string, one: unknown) =>
    typeof one === 'string' && one.trim() !== '' ? one : refuse([key], 'is needed: a text that is not empty');
  const optional = (key: string, one: unknown) => (one === undefined ? {} : {[key]: text(key, one)});
  return {
    code: text('code', code),
    reason: text('reason', reason),
    until: isDay(until) ? until : refuse(['until'], 'is needed: the last day, such as "2027-01-31"'),
    ...optional('host', host),
    ...optional('network', network),
  };
}

function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
