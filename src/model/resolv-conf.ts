/** What a container's /etc/resolv.conf says (resolv.conf(5)). */
export interface ResolvConf {
  nameservers: string[];
  search: string[];
  options: string[];
  /** Its lines, as they were kept. */
  lines: string[];
}

/** Reads the collector's form of it: the lines joined by `; `. */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text.split('; ');
  const words = (name: RegExp) =>
    lines.flatMap((line) => {
      const [first = '', ...rest] = line.trim().split(/\s+/);
      return name.test(first) ? [rest] : [];
    });
  return {
    nameservers: words(/^nameserver$/).flatMap(([address]) => address ?? []),
    // The last of these lines counts.
    search: words(/^(search|domain)$/).at(-1) ?? [],
    options: words(/^options$/).flat(),
    lines,
  };
}
