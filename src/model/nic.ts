/** A network card as ethtool(8) tells it. */
export interface Nic {
  name: string;
  driver: string;
  /** `on`, `off`, `on [fixed]`, …, by the feature's name; absent where the driver is not known for getting them wrong. */
  features?: Map<string, string>;
}

/** Reads `ethtool -i DEV`, with `ethtool -k DEV` behind it; undefined where the card has no driver of a name. */
export function parseNic(command: string, output: string): Nic | undefined {
  const name = /^ethtool -i (\S+)$/.exec(command)?.[1];
  const driver = /^driver: (\S.*)$/m.exec(output)?.[1];
  if (name === undefined || driver === undefined) return undefined;
  const [, listed] = output.split(/^Features for .*$/m);
  if (listed === undefined) return {name, driver};
  const features = new Map(
    [...listed.matchAll(/^\s*([a-z0-9-]+): (\S[^\n]*)$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
  return {name, driver, features};
}
