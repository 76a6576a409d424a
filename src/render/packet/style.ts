import type {Names} from '../../packet/names.js';
import type {HeaderTexts} from './header-texts.js';

/** Escape sequences around parts of a line; empty text where there is no colour. */
export interface Palette {
  dim: readonly [string, string];
  strong: readonly [string, string];
  network: readonly [string, string];
  warn: readonly [string, string];
}

const none = ['', ''] as const;
export const noPalette: Palette = {dim: none, strong: none, network: none, warn: none};

/** How packets are shown as text. */
export interface PacketStyle {
  palette: Palette;
  names: Names | undefined;
  /** Times since the packet before, instead of times of day. */
  delta?: boolean;
  /** Texts of headers, where there are no names. */
  headers?: HeaderTexts | undefined;
}
