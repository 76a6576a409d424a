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
