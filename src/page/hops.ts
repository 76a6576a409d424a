/** Walks in a dialog, from the hops that the page's JSON has. */
import type {PageData, Walks} from '../render/report/data.js';
import {element, sign} from './dom.js';
import {walksOf} from './packed.js';

const tones = {pass: 'good', unknown: 'warn', fail: 'bad'} as const;

let dialog: HTMLDialogElement | undefined;

/** Shows a walk, both ways. */
export async function showWalk(data: PageData, number: number): Promise<void> {
  const {walks, hops} = await walksOf(data);
  const walk = walks[number];
  if (!walk) return;
  const {source, destination, network, verdict, forward, reply} = walk;
  const close = element('button', {type: 'button', class: 'close'}, 'Close');
  const title = element('h2', {id: 'walk-title'}, `${cut(source, 80)} → ${cut(destination, 80)}`);
  const shown = element(
    'dialog',
    {class: 'panel', 'aria-labelledby': 'walk-title'},
    element('header', {}, title, close),
    element('p', {}, cut(verdict, 600)),
    element('p', {class: 'note'}, network === null ? 'No network in common' : `Network ${cut(network, 80)}`),
    element('h3', {}, 'There'),
    hopList(forward, hops),
    ...(reply === null ? [] : [element('h3', {}, 'Back'), hopList(reply, hops)]),
  );
  close.addEventListener('click', () => shown.close());
  shown.addEventListener('close', () => shown.remove());
  dialog?.remove();
  dialog = shown;
  document.body.append(shown);
  shown.showModal();
}

/** In the form of src/render/report/hops.tsx. */
function hopList(numbers: readonly number[], hops: Walks['hops']): HTMLElement {
  return element(
    'ol',
    {class: 'hops'},
    ...numbers.flatMap((number) => {
      const hop = hops[number];
      return hop ? [hopItem(hop)] : [];
    }),
  );
}

function hopItem({host, layer, verdict, summary, evidence, cause, code}: Walks['hops'][number]): HTMLElement {
  const place = [host, layer, code].flatMap((part) => (part ? [cut(part, 60)] : [])).join(' · ');
  return element(
    'li',
    {class: `hop hop-${verdict}`},
    sign(tones[verdict]),
    element(
      'div',
      {},
      element('p', {}, cut(summary, 300), element('span', {class: 'note'}, place)),
      ...(cause === undefined ? [] : [element('p', {}, cut(cause, 400))]),
      ...(evidence.length === 0
        ? []
        : [
            element(
              'pre',
              {},
              evidence
                .slice(0, 6)
                .map((row) => cut(row, 300))
                .join('\n'),
            ),
          ]),
    ),
  );
}

export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
