import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {HopelessError} from './error.js';
import {run} from './exec.js';
import type {Lab, LabNode} from './lab.js';
import {isAlive, signal} from './process.js';
import {spawnDetached} from './spawn.js';
import {until} from './wait.js';

/** Names that `ssh -F configFile` understands: one that works, one without rights, and the ways to be turned away. */
export interface SshHosts {
  /** root, by key. */
  readonly root: string;
  /** Logs in by key as a user who has no rights. */
  readonly operator: string;
  /** Its host key was never seen. */
  readonly newKey: string;
  /** Another host key is on record for it. */
  readonly changedKey: string;
  /** The user's key isn't accepted there, so a password would be asked for. */
  readonly password: string;
  /** Nothing listens there. */
  readonly refused: string;
}

export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly configFile: string;
  readonly hosts: SshHosts;
  /** Put first in PATH, it makes any program that calls `ssh` use the configuration file. */
  readonly binDirectory: string;
  /** Stops it in its tracks: connections are taken by the kernel and get no word. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs a real sshd inside the node. The client may run anywhere on the machine: the configuration has it connect
 * through the router's namespace, so the machine needs no route to the node. Each call starts a server of its own
 * on a port of its own, so test files don't disturb each other.
 */
export async function startSshd(lab: Lab, node: LabNode): Promise<Sshd> {
  const directory = await mkdtemp(path.join(lab.names.directory, 'ssh-'));
  const inDirectory = (name: string) => path.join(directory, name);
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  for (const key of ['host_key', 'other_host_key', 'client_key']) {
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', inDirectory(key)]);
  }
  // sshd reads this file with the rights of the one who logs in, who can't look into the lab's directory.
  const keysDirectory = path.join('/run', path.basename(directory));
  await installClientKey(node, keysDirectory, await readFile(inDirectory('client_key.pub'), 'utf8'));

  await writeFile(inDirectory('sshd_config'), serverConfig({node, port, directory, keysDirectory}));
  await writeFile(inDirectory('known_hosts'), await knownHost(node, port, inDirectory('host_key.pub')));
  await writeFile(
    inDirectory('known_hosts_wrong'),
    await knownHost(node, port, inDirectory('other_host_key.pub')),
  );
  await writeFile(inDirectory('known_hosts_none'), '');
  const hosts = hostNames(node.name);
  const configFile = inDirectory('ssh_config');
  await writeFile(configFile, clientConfig({lab, node, port, directory, hosts}));
  const binDirectory = inDirectory('bin');
  await mkdir(binDirectory);
  const ssh = (await run(['sh', '-c', 'command -v ssh'])).stdout;
  await writeFile(path.join(binDirectory, 'ssh'), `#!/bin/sh\nexec ${ssh} -F ${configFile} "$@"\n`, {
    mode: 0o755,
  });

  const log = inDirectory('sshd.log');
  const server = await spawnDetached(
    [...node.prefix, '/usr/sbin/sshd', '-D', '-e', '-f', inDirectory('sshd_config')],
    log,
  );
  const explain = async () => `sshd's log:\n${await readFile(log, 'utf8').catch(() => '')}`;
  await until({what: `sshd on ${node.name}`, explain}, async () => {
    if (!(await isAlive(server))) throw new HopelessError('sshd has ended');
    await run(['ssh', '-F', configFile, '-o', 'BatchMode=yes', hosts.root, 'true']);
    return true;
  });
  return {
    host: node.address,
    port,
    user: 'root',
    identityFile: inDirectory('client_key'),
    knownHostsFile: inDirectory('known_hosts'),
    configFile,
    hosts,
    binDirectory,
    freeze: () => signal(server, 'SIGSTOP'),
    thaw: () => signal(server, 'SIGCONT'),
    async stop() {
      // A frozen one would get the signal only later.
      await signal(server, 'SIGTERM');
      await signal(server, 'SIGCONT');
      await node.run(['rm', '-r', keysDirectory]);
      await rm(directory, {recursive: true});
    },
  };
}

function hostNames(node: string): SshHosts {
  return {
    root: node,
    operator: `${node}-operator`,
    newKey: `${node}-newkey`,
    changedKey: `${node}-changedkey`,
    password: `${node}-password`,
    refused: `${node}-refused`,
  };
}

async function installClientKey(node: LabNode, directory: string, publicKey: string): Promise<void> {
  await node.run(['mkdir', directory]);
  for (const user of ['root', 'operator'])
    await node.run(['tee', `${directory}/${user}`], {input: publicKey});
}

async function knownHost(node: LabNode, port: number, publicKeyFile: string): Promise<string> {
  return `[${node.address}]:${port} ${await readFile(publicKeyFile, 'utf8')}`;
}

interface ServerPlace {
  readonly node: LabNode;
  readonly port: number;
  readonly directory: string;
  readonly keysDirectory: string;
}

function serverConfig({node, port, directory, keysDirectory}: ServerPlace): string {
  return `ListenAddress ${node.address}
Port ${port}
HostKey ${directory}/host_key
PidFile none
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile ${keysDirectory}/%u
`;
}

interface ClientPlace {
  readonly lab: Lab;
  readonly node: LabNode;
  readonly port: number;
  readonly directory: string;
  readonly hosts: SshHosts;
}

/** The client takes the first value it meets, so what is special about a name stands before what all have. */
function clientConfig({lab, node, port, directory, hosts}: ClientPlace): string {
  return `Host ${hosts.operator}
  User operator
Host ${hosts.newKey}
  UserKnownHostsFile ${directory}/known_hosts_none
Host ${hosts.changedKey}
  UserKnownHostsFile ${directory}/known_hosts_wrong
Host ${hosts.password}
  User guest
Host ${hosts.refused}
  HostName 127.0.0.1
  Port 1
  ProxyCommand none
Host ${Object.values(hosts).join(' ')} ${node.address}
  HostName ${node.address}
  Port ${port}
  User root
  IdentityFile ${directory}/client_key
  IdentitiesOnly yes
  UserKnownHostsFile ${directory}/known_hosts
  GlobalKnownHostsFile /dev/null
  ProxyCommand ${lab.router.prefix.join(' ')} busybox nc %h %p
`;
}
