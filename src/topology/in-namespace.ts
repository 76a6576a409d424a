/** How advice names a namespace of a host: by its file in the directory that this host's engine has for them. */

import {type Command, nested, path, sh} from '../base/command.js';
import {defaultNetnsDir} from '../base/netns-dir.js';
import {shellWord} from '../base/shell.js';
import type {HostModel} from '../model/host.js';

/** What of a host tells where its namespace files are. */
export type NamespaceDirectory = Pick<HostModel, 'netnsDir' | 'netnsPath'>;

/** That alone, for what is kept of a host. */
export function namespaceDirectory({netnsDir, netnsPath}: NamespaceDirectory): NamespaceDirectory {
  return {
    ...(netnsDir === undefined ? {} : {netnsDir}),
    ...(netnsPath === undefined ? {} : {netnsPath}),
  };
}

/** The path of a namespace file as the engine has it. */
export function namespacePath({netnsDir = defaultNetnsDir}: NamespaceDirectory, file: string): string {
  return `${netnsDir}/${file}`;
}

/**
 * A command to be typed on a host for one of its network namespaces.
 *
 * @param host whose namespace it is
 * @param file its file's name; `@host` is the namespace of the host itself, where nothing has to be entered
 * @param command text of our own, taken as it is: a program and its first words
 * @param words what follows, each quoted for a shell where it needs it
 */
export function inNamespace(
  host: NamespaceDirectory,
  file: string,
  command: string,
  ...words: (string | number)[]
): string {
  const inside = [command, ...words.map((word) => shellWord(String(word)))].join(' ');
  // Where dockerd has mounts of its own, the file in its directory is no namespace for anybody else.
  const path = host.netnsPath === undefined ? namespacePath(host, file) : `${host.netnsPath}/${file}`;
  return file === '@host' ? inside : `nsenter --net=${shellWord(path)} ${inside}`;
}

/** A typed command for one of a host's namespaces, as `inNamespace` has it; `@host` enters none. */
export function within(host: NamespaceDirectory, file: string, command: Command): Command {
  if (file === '@host') return command;
  const where = host.netnsPath === undefined ? namespacePath(host, file) : `${host.netnsPath}/${file}`;
  return nested(sh`nsenter --net=${path(where)}`, command);
}
