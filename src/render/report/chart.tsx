/** Charts of a capture as SVG: they scale, print and can be read aloud. Colour says nothing by itself. */
import {scaleLinear, scaleLog} from 'd3-scale';
import {area, curveStepAfter} from 'd3-shape';
import type {JSX} from 'preact';

const width = 640;
const height = 56;

export interface SparkProps {
  values: readonly number[];
  /** The largest value of all that are compared. */
  most: number;
  label: string;
}

/** Values over time as a filled line; all of one group have one scale. */
export function Spark({values, most, label}: SparkProps): JSX.Element {
  const x = scaleLinear([0, Math.max(1, values.length)], [0, width]);
  const y = scaleLinear([0, Math.max(1, most)], [height - 1, 2]);
  const points = [...values, values.at(-1) ?? 0].map((value, index): [number, number] => [
    x(index),
    y(value),
  ]);
  const shape = area<[number, number]>()
    .x(([at]) => at)
    .y1(([, value]) => value)
    .y0(height - 1)
    .curve(curveStepAfter);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={shape(points) ?? ''} />
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} />
    </svg>
  );
}

export interface Bar {
  name: string;
  value: number;
  text: string;
}

/** Values of several things, the largest first, on a scale of powers where they differ by more than a hundredfold. */
export function Bars({bars, label}: {bars: readonly Bar[]; label: string}): JSX.Element {
  const values = bars.map(({value}) => value).filter((value) => value > 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isWide = most / least > 100;
  const scale = isWide ? scaleLog([least / 2, most], [0, 100]) : scaleLinear([0, most], [0, 100]);
  return (
    <ul class="bars" aria-label={label}>
      {bars.map(({name, value, text}, index) => (
        <li key={index}>
          <span class="bar-name">{name}</span>
          <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="8" />
            <rect width={value > 0 ? Math.max(0.5, scale(value)) : 0} height="8" />
          </svg>
          <span class="bar-value">{text}</span>
        </li>
      ))}
    </ul>
  );
}
