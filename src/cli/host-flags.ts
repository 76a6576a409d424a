import {Flags} from '@oclif/core';

/** The flags of commands that read one or more hosts, live or from snapshots. */
export const hostFlags = {
  host: Flags.string({
    char: 'H',
    description:
      "Read this host: ssh://[user@]host[:port], exec:'COMMAND PREFIX', local, or @GROUP of the configuration; repeatable [OVDIAG_HOST]",
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SOURCE',
    helpValue: 'HOST',
  }),
  'hosts-file': Flags.string({
    description:
      'Read the hosts in this file, one per line, same syntax as --host; # starts a comment [OVDIAG_HOSTS_FILE]',
    helpGroup: 'SOURCE',
    helpValue: 'FILE',
  }),
  'hosts-group': Flags.string({
    description: 'Read the hosts of this group of the configuration, as --host @GROUP [OVDIAG_HOSTS_GROUP]',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SOURCE',
    helpValue: 'GROUP',
  }),
  swarm: Flags.boolean({
    description:
      'Read all nodes of the swarm; ask this host, or the one --host, as its manager; other nodes over ssh [OVDIAG_SWARM=1]',
    helpGroup: 'SOURCE',
  }),
  filter: Flags.string({
    description:
      'With --swarm, only nodes with name=PREFIX, label=KEY[=VALUE], role=ROLE or availability=STATE; repeatable [OVDIAG_FILTER]',
    multiple: true,
    multipleNonGreedy: true,
    dependsOn: ['swarm'],
    helpGroup: 'SOURCE',
    helpValue: 'KEY=VALUE',
  }),
  'ssh-user': Flags.string({
    description: 'With --swarm, ssh user for the other nodes [OVDIAG_SSH_USER]',
    dependsOn: ['swarm'],
    helpGroup: 'SOURCE',
    helpValue: 'USER',
  }),
  context: Flags.string({
    description:
      'Docker context for this host, instead of DOCKER_HOST and the current context [OVDIAG_CONTEXT]',
    helpGroup: 'SOURCE',
    helpValue: 'NAME',
  }),
  snapshot: Flags.string({
    char: 's',
    description:
      'Read this snapshot, a file or a directory, instead of a live host; repeatable [OVDIAG_SNAPSHOT]',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SOURCE',
    helpValue: 'FILE|DIR',
  }),
  parallel: Flags.string({
    description: 'Number of hosts read at once [OVDIAG_PARALLEL]',
    default: '16',
    helpGroup: 'SOURCE',
    helpValue: 'N',
  }),
  'host-timeout': Flags.string({
    description: 'Timeout per host; partial data is kept [OVDIAG_TIMEOUT]',
    default: '60s',
    helpGroup: 'SOURCE',
    helpValue: 'TIME',
  }),
  'max-skew': Flags.string({
    description: 'Warn if collection times differ by more [OVDIAG_MAX_SKEW]',
    default: '60s',
    helpGroup: 'SOURCE',
    helpValue: 'TIME',
  }),
  record: Flags.string({
    description: 'Save the data behind this answer as a snapshot FILE',
    helpGroup: 'SOURCE',
    helpValue: 'FILE',
  }),
  'netns-dir': Flags.string({
    description: 'Directory of the namespace files, if not the one the engine reports [OVDIAG_NETNS_DIR]',
    helpGroup: 'SOURCE',
    helpValue: 'DIR',
  }),
  wide: Flags.boolean({description: 'All columns, no truncation', helpGroup: 'GLOBAL'}),
};

/** The flags that say where evidence comes from. */
export interface HostFlags {
  host?: string[] | undefined;
  'hosts-file'?: string | undefined;
  swarm?: boolean | undefined;
  filter?: string[] | undefined;
  'ssh-user'?: string | undefined;
  context?: string | undefined;
  snapshot?: string[] | undefined;
  'netns-dir'?: string | undefined;
  parallel: string;
  'host-timeout': string;
  'max-skew': string;
  record?: string | undefined;
  'no-color'?: boolean;
  wide?: boolean;
}
