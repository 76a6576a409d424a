import type {HostModel} from '../model/host.js';

/** The address pairs (`SRC DST`) that have an IPsec state, and an outbound policy. Undefined where they were not read. */
export function xfrmPairs({xfrm}: HostModel): {states?: Set<string>; policies?: Set<string>} {
  if (!xfrm) return {};
  return {
    states: pairs(xfrm.states, /^src (\S+) dst (\S+)/gm),
    policies: pairs(xfrm.policies, /^src (\S+?)(?:\/\d+)? dst (\S+?)(?:\/\d+)? /gm),
  };
}

function pairs(text: string, pattern: RegExp): Set<string> {
  return new Set(
    [...text.matchAll(pattern)].map(
      ([, src, dst]) => `${src?.replace(/\/\d+$/, '')} ${dst?.replace(/\/\d+$/, '')}`,
    ),
  );
}
