import type {JSX} from 'preact';
import type {ReportHop} from '../../answers/report-walks.js';
import {shorten, type Tone} from './model.js';
import {Sign} from './parts.js';

const tones: Record<ReportHop['verdict'], Tone> = {pass: 'good', unknown: 'warn', fail: 'bad'};
const most = 60;
const mostEvidence = 6;

/** A walk, hop by hop. The page's script shows those of other walks in the same form (src/page/hops.ts). */
export function Hops({numbers, hops}: {numbers: readonly number[]; hops: readonly ReportHop[]}): JSX.Element {
  return (
    <ol class="hops">
      {numbers.slice(0, most).map((number) => {
        const hop = hops[number];
        return hop === undefined ? null : <Hop key={number} hop={hop} />;
      })}
    </ol>
  );
}

function Hop({hop}: {hop: ReportHop}): JSX.Element {
  const {host, layer, verdict, summary, evidence, cause, code} = hop;
  return (
    <li class={`hop hop-${verdict}`}>
      <Sign tone={tones[verdict]} />
      <div>
        <p>
          {shorten(summary, 300)}
          <span class="note">
            {[host === null ? null : shorten(host, 60), layer, code].filter(Boolean).join(' · ')}
          </span>
        </p>
        {cause !== undefined && <p>{shorten(cause, 400)}</p>}
        {evidence.length > 0 && (
          <pre>
            {evidence
              .slice(0, mostEvidence)
              .map((row) => shorten(row, 300))
              .join('\n')}
          </pre>
        )}
      </div>
    </li>
  );
}
