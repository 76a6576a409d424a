/** The evidence: packed in the page's JSON, opened when it is asked for. */
import type {PageData} from '../render/report/data.js';
import {all, element} from './dom.js';
import {cut} from './hops.js';
import {unpack} from './packed.js';

type Host = PageData['evidence'][number];
type Piece = Host['pieces'][number];

export interface PageEvidence {
  /** Lines of all texts that hold all of the words. */
  find(words: readonly string[], most: number): Promise<{text: string; where: string; show(): HTMLElement}[]>;
}

export function enableEvidence({evidence}: PageData): PageEvidence {
  const unpacked = new Map<Host, Promise<string[]>>();
  const textsOf = (host: Host): Promise<string[]> => {
    const texts = unpacked.get(host) ?? unpack<string[]>(host.packed);
    unpacked.set(host, texts);
    return texts;
  };
  const lists = all<HTMLDetailsElement>('[data-evidence]').map((box, number) => {
    const host = evidence[number];
    return host ? new EvidenceBox(box, host, () => textsOf(host)) : undefined;
  });
  return {
    async find(words, most) {
      const found: {text: string; where: string; show(): HTMLElement}[] = [];
      for (const [number, host] of evidence.entries()) {
        const texts = await textsOf(host);
        for (const [at, piece] of host.pieces.entries()) {
          const line = lineWith(`${titleOf(piece)}\n${texts[piece.index ?? -1] ?? ''}`, words);
          if (line === undefined) continue;
          found.push({
            text: line,
            where: `${host.host}: ${titleOf(piece)}`,
            show: () => lists[number]?.bring(at) ?? document.body,
          });
          if (found.length === most) return found;
        }
      }
      return found;
    },
  };
}

class EvidenceBox {
  private readonly box: HTMLDetailsElement;
  private readonly host: Host;
  private readonly texts: () => Promise<string[]>;
  private made: HTMLDetailsElement[] = [];

  constructor(box: HTMLDetailsElement, host: Host, texts: () => Promise<string[]>) {
    this.box = box;
    this.host = host;
    this.texts = texts;
    box.addEventListener('toggle', () => {
      if (box.open) this.fill();
    });
  }

  /** Opens a piece. */
  bring(at: number): HTMLElement {
    this.fill();
    this.box.open = true;
    const piece = this.made[at];
    if (piece) piece.open = true;
    return piece ?? this.box;
  }

  private fill(): void {
    if (this.made.length > 0) return;
    this.made = this.host.pieces.map((piece) => this.pieceOf(piece));
    this.box.querySelector('[data-pieces]')?.replaceChildren(...this.made);
  }

  private pieceOf(piece: Piece): HTMLDetailsElement {
    const {status, size, index, at} = piece;
    const note = [
      status === null ? 'no answer in time' : `status ${status}`,
      `${size} characters`,
      at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC'),
      ...(index === null ? ['too large for this file'] : []),
    ].join(', ');
    const details = element(
      'details',
      {class: 'piece'},
      element('summary', {}, cut(titleOf(piece), 300), element('span', {class: 'note'}, note)),
    );
    details.addEventListener('toggle', () => {
      if (details.open && index !== null && !details.querySelector('pre')) void this.show(details, index);
    });
    return details;
  }

  private async show(details: HTMLDetailsElement, index: number): Promise<void> {
    const text = (await this.texts())[index] ?? '';
    if (details.querySelector('pre')) return;
    details.append(element('pre', {tabindex: '0'}, text === '' ? '(nothing)' : plain(text)));
  }
}

function titleOf({netns, command}: Piece): string {
  return netns === null ? command : `${netns}: ${command}`;
}

function lineWith(text: string, words: readonly string[]): string | undefined {
  const lower = text.toLowerCase();
  if (!words.every((word) => lower.includes(word))) return undefined;
  return text.split('\n').find((line) => words.every((word) => line.toLowerCase().includes(word)));
}

/** Control and direction characters are shown, not obeyed (src/base/escape.ts). */
function plain(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
