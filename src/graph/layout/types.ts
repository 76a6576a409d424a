/** Where things are drawn, in pixels from the upper left. */
import type {ElementKind} from '../types.js';
import type {Fitted, TextSize} from './measure.js';

export type Weight = 'strong' | 'plain' | 'soft';

export interface Label extends Fitted {
  x: number;
  /** Of the line that letters stand on. */
  y: number;
  size: TextSize;
  anchor: 'start' | 'middle' | 'end';
  /** `strong`: what it is. `soft`: what is said of it. */
  weight: Weight;
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

export type Point = [x: number, y: number];

export interface Line {
  from: string;
  to: string;
  kind: string;
  points: Point[];
}

/** What is drawn of an element that is no box: the track of a network, a tunnel with a finding. */
export interface Track {
  id: string;
  kind: 'network' | 'tunnel';
  points: Point[];
  /** Where hosts are connected to it. */
  stops: Point[];
}

/** The numbers of findings at an element. */
export interface Badge extends Label {
  element: string;
  /** The worst of them. */
  severity: string;
  box: {x: number; y: number; width: number; height: number};
  isFolded: boolean;
}

/** A direction of a trace. */
export interface Way {
  way: 'forward' | 'reply';
  lines: Point[][];
  /** Ends of arrows, with where they point: 1 to the right, -1 to the left. */
  arrows: {x: number; y: number; toward: 1 | -1}[];
  /** Where it breaks. */
  cross: Point | null;
  /** Which hops are decided at a box. */
  tags: Label[];
}

/** Lines of text, and the badges that stand before some of them. */
export interface Listing {
  labels: (Label & {tone?: string})[];
  badges: Badge[];
}

export interface Placement extends Listing {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
  tracks: Track[];
  ways: Way[];
}
