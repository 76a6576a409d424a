/** Where things are drawn, in pixels from the upper left. */
import type {ElementKind} from '../types.js';
import type {Fitted, TextSize} from './measure.js';

export interface Label extends Fitted {
  x: number;
  /** Of the line that letters stand on. */
  y: number;
  size: TextSize;
  anchor: 'start' | 'middle' | 'end';
  /** `strong`: what it is. `soft`: what is said of it. */
  weight: 'strong' | 'plain' | 'soft';
}

export interface Box {
  /** Of the element; an element may have several boxes. */
  id: string;
  kind: ElementKind;
  x: number;
  y: number;
  width: number;
  height: number;
  labels: Label[];
  /** Drawn with dashes: it is down, or was not read. */
  isOff: boolean;
  /** Stands for a box of the same element elsewhere. */
  isEcho: boolean;
}

export interface Line {
  from: string;
  to: string;
  kind: string;
  points: [x: number, y: number][];
}

export interface Placement {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
  /** Text that belongs to no box: titles of tracks and of lists. */
  labels: (Label & {id: string | null})[];
  /** Small marks at elements: the number of the finding. */
  badges: {element: string; x: number; y: number; number: number; severity: string; isFolded: boolean}[];
}
