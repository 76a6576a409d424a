/** What not every kernel has, and rulesets have only where it is asked for: nft's matches of IPsec. */
export const extras = ['ipsec'] as const;
export type Extra = (typeof extras)[number];
export type Extras = ReadonlySet<Extra>;

export const noExtras: Extras = new Set();
