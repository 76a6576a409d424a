/** Versions of Docker Engine, as `GET /version` and a swarm's node list give them: `20.10.24+dfsg1`, `28.5.2`, `29.0.0-rc.1`. */

export type EngineVersion = readonly [major: number, minor: number, patch: number];

/** Undefined for what is no version; a build that came before the release counts as the release. */
export function engineVersion(text: string | undefined): EngineVersion | undefined {
  const [, major, minor, patch = '0'] =
    /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-+~].*)?$/.exec(text ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Whether `version` is within two others, both included; `29.2` stands for `29.2.0`. */
export function within(version: EngineVersion, first: string, last: string): boolean {
  const [low, high] = [engineVersion(first), engineVersion(last)];
  return low !== undefined && high !== undefined && compare(version, low) >= 0 && compare(version, high) <= 0;
}

/** Whether `version` is another or a later one. */
export function atLeast(version: EngineVersion, other: string): boolean {
  const low = engineVersion(other);
  return low !== undefined && compare(version, low) >= 0;
}

function compare(a: EngineVersion, b: EngineVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
