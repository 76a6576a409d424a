import {Flags} from '@oclif/core';

/** The flags of commands that read one or more hosts, live or from snapshots. */
export const hostFlags = {
  host: Flags.string({
    char: 'H',
    description:
      "Read this host instead of this machine: ssh://[user@]host[:port], exec:'COMMAND PREFIX' or local; repeatable",
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SOURCE',
    helpValue: 'HOST',
  }),
  'hosts-file': Flags.string({
    description: 'Read the hosts that this file names, a line each, in the same words; # begins a comment',
    helpGroup: 'SOURCE',
    helpValue: 'FILE',
  }),
  swarm: Flags.boolean({
    description:
      'Read all nodes that a manager (this host, or the one --host) knows: itself directly, the others over ssh',
    helpGroup: 'SOURCE',
  }),
  filter: Flags.string({
    description:
      'With --swarm, only nodes with name=PREFIX, label=KEY[=VALUE], role=ROLE or availability=STATE; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    dependsOn: ['swarm'],
    helpGroup: 'SOURCE',
    helpValue: 'KEY=VALUE',
  }),
  'ssh-user': Flags.string({
    description: 'With --swarm, log in to the other nodes as this user',
    dependsOn: ['swarm'],
    helpGroup: 'SOURCE',
    helpValue: 'USER',
  }),
  context: Flags.string({
    description: "Docker's context to use for this host, instead of DOCKER_HOST and the current one",
    helpGroup: 'SOURCE',
    helpValue: 'NAME',
  }),
  snapshot: Flags.string({
    char: 's',
    description: 'Answer from this snapshot instead of a live host: a file or a directory; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SOURCE',
    helpValue: 'FILE|DIR',
  }),
  parallel: Flags.string({
    description: 'How many hosts are read at once',
    default: '16',
    helpGroup: 'SOURCE',
    helpValue: 'N',
  }),
  'host-timeout': Flags.string({
    description: 'How long one host may take; what came by then is kept',
    default: '60s',
    helpGroup: 'SOURCE',
    helpValue: 'TIME',
  }),
  'max-skew': Flags.string({
    description: 'Say so where the readings of several hosts are further apart than this',
    default: '60s',
    helpGroup: 'SOURCE',
    helpValue: 'TIME',
  }),
  record: Flags.string({
    description: 'Keep the evidence of this very answer as a snapshot FILE',
    helpGroup: 'SOURCE',
    helpValue: 'FILE',
  }),
  'netns-dir': Flags.string({
    description: "Where the namespace files are, if not where the engine's settings say",
    helpGroup: 'SOURCE',
    helpValue: 'DIR',
  }),
  wide: Flags.boolean({description: 'Leave out no column and shorten nothing', helpGroup: 'GLOBAL'}),
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
