/** What some packets that were sent say about all: the loss rate, with the bounds within which the true one lies. */

export interface Loss {
  lost: number;
  /** Share of the packets that were sent, in percent. */
  percent: number;
  /** The true rate lies between these with 95 % certainty; where none or all were lost it is one bound that holds so. */
  lowPercent: number;
  highPercent: number;
}

/** Of this certainty bounds are wrong in one case of twenty. */
const doubt = 0.05;

/**
 * The exact interval of Clopper and Pearson (Biometrika 26, 1934), with one bound alone where none or all were lost.
 *
 * @param sent at least 1
 */
export function lossOf(sent: number, lost: number): Loss {
  const percent = (share: number) => Math.round(share * 1000) / 10;
  const side = lost === 0 || lost === sent ? doubt : doubt / 2;
  // The highest rate at which so few would still be lost in one case of many, and the lowest at which so many would.
  const high = lost === sent ? 1 : bisect((rate) => upTo(sent, lost, rate) > side);
  const low = lost === 0 ? 0 : bisect((rate) => 1 - upTo(sent, lost - 1, rate) < side);
  return {lost, percent: percent(lost / sent), lowPercent: percent(low), highPercent: percent(high)};
}

/** The rate up to which this holds, where it holds from 0 on. */
function bisect(holds: (rate: number) => boolean): number {
  let [low, high] = [0, 1];
  // 40 halvings are exact to a millionth of a millionth.
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How likely at most `most` of `sent` packets are lost, where each is lost at this rate (binomial distribution). */
function upTo(sent: number, most: number, rate: number): number {
  if (rate <= 0) return 1;
  if (rate >= 1) return most >= sent ? 1 : 0;
  // By logarithms, because the first terms of a long series are smaller than any number.
  let term = sent * Math.log1p(-rate);
  let sum = Math.exp(term);
  for (let lost = 1; lost <= most; lost++) {
    term += Math.log((sent - lost + 1) / lost) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

/** `3 of 500 lost: 0.6 % (95 %: 0.1 to 1.7 %)`; of none `0 of 20 lost: below 14 %`, which is what so few can tell. */
export function lossText(sent: number, {lost, percent, lowPercent, highPercent}: Loss): string {
  const start = `${lost} of ${sent} lost`;
  // Rounded away from zero: a bound that is said must hold.
  if (lost === 0)
    return `${start}: below ${highPercent < 10 ? Math.ceil(highPercent * 10) / 10 : Math.ceil(highPercent)} %`;
  if (lost === sent) return start;
  return `${start}: ${percent} % (95 %: ${lowPercent} to ${highPercent} %)`;
}
