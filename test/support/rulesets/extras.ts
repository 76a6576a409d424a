/**
 * What not every kernel has, and rulesets and packets have only where it is asked for: flowtables, nft's matches of IPsec, and
 * packets that come and go under ESP.
 */
export const extras = ['flowtables', 'ipsec', 'esp'] as const;
export type Extra = (typeof extras)[number];
export type Extras = ReadonlySet<Extra>;

export const noExtras: Extras = new Set();

/**
 * The share of packets of which the walk may know nothing. With flowtables none is known that answers and is dropped, and what comes
 * out of ESP has the mark that rules gave to that.
 */
export const mostUnknown = (also: Extras): number => (also.has('flowtables') || also.has('esp') ? 0.1 : 0.03);
