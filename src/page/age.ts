import {all} from './dom.js';

/** Readings older than this many seconds may no longer be so. */
const fresh = 600;

/** Says how old a reading is by now, where that matters: a report lies in a ticket for days. */
export function showAge(): void {
  for (const place of all('[data-age]')) {
    const seconds = (Date.now() - Date.parse(place.dataset['age'] ?? '')) / 1000;
    if (!(seconds > fresh)) continue;
    const advice = place.dataset['fix'] === undefined ? '' : ': read the hosts again before you run a fix';
    place.textContent = `, ${ageText(seconds)} ago${advice}`;
  }
}

function ageText(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const;
  const [size, name] = units.find(([least]) => seconds >= least) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
