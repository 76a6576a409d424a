import type {JSX} from 'preact';
import type {AcceptedFinding} from '../../answers/doctor.js';
import type {ReportedFinding} from '../../answers/merge-hosts.js';
import type {FoldedFinding} from '../../findings/finding.js';
import {plural} from '../text.js';
import {findingId, type ReportModel, shorten, titleOf, toneOf, whereText} from './model.js';
import {CheckBlock, FixBlock, Section, Sign} from './parts.js';
import {DataTable} from './table.js';
import type {ReportTable} from './tables.js';

/** So many findings are shown with their proof; others in a line each. */
export const mostFindings = 60;
const mostEvidence = 40;
const mostFolded = 60;

export function Findings({model, more}: {model: ReportModel; more: ReportTable}): JSX.Element {
  const {findings, accepted, checkCount} = model.document.diagnosis;
  return (
    <Section
      id="findings"
      title="Findings"
      lead={findings.length === 0 ? `${plural(checkCount, 'check')} found nothing.` : undefined}
    >
      {findings.slice(0, mostFindings).map((finding, index) => (
        <FindingCard key={findingId(index)} id={findingId(index)} finding={finding} />
      ))}
      {more.rows.length > 0 && (
        <>
          <h3>{plural(more.rows.length, 'more finding')}</h3>
          <DataTable table={more} faults="Errors only" />
        </>
      )}
      {accepted.length > 0 && <Accepted accepted={accepted} />}
    </Section>
  );
}

function FindingCard({id, finding}: {id: string; finding: ReportedFinding}): JSX.Element {
  const {code, severity, cause, evidence, check, fix, folded, hosts, host} = finding;
  return (
    <article class={`card finding finding-${severity}`} id={id} tabindex={-1} aria-labelledby={`${id}-title`}>
      <header>
        <p class="severity">
          <Sign tone={toneOf(severity)} />
          {severity}
          <a class="code" href={`#${id}`} aria-label={`Link to this finding: ${code}`}>
            {code}
          </a>
        </p>
        <h3 id={`${id}-title`}>{titleOf(finding)}</h3>
        <p class="where">{shorten(whereText(finding), 300)}</p>
      </header>
      <p>{shorten(cause, 1200)}</p>
      <div class="proof">
        <Evidence rows={evidence} />
        <CheckBlock steps={check} />
      </div>
      <FixBlock fix={fix} host={hosts.length === 1 ? host : null} />
      <Folded folded={folded} />
    </article>
  );
}

function Evidence({rows}: {rows: readonly string[]}): JSX.Element | null {
  if (rows.length === 0) return null;
  const left = rows.length - mostEvidence;
  return (
    <div class="advice">
      <h4>Evidence</h4>
      <pre class="evidence" tabindex={0} role="group" aria-label="evidence">
        {rows
          .slice(0, mostEvidence)
          .map((row) => shorten(row, 1000))
          .join('\n')}
      </pre>
      {left > 0 && <p class="note">and {plural(left, 'more row')} (doctor --json)</p>}
    </div>
  );
}

function Folded({folded}: {folded: FoldedFinding['folded']}): JSX.Element | null {
  if (folded.length === 0) return null;
  const follow = folded.filter(({because}) => because === 'follows').length;
  const alike = folded.length - follow;
  const left = folded.length - mostFolded;
  const counts = [
    ...(follow > 0 ? [`${plural(follow, 'finding')} follow${follow === 1 ? 's' : ''} from it`] : []),
    ...(alike > 0 ? [`${alike} more of this kind`] : []),
  ];
  return (
    <details class="folded" open={folded.length <= 3}>
      <summary>{counts.join(', ')}</summary>
      <ul>
        {folded.slice(0, mostFolded).map(({because, finding}) => (
          <li key={`${finding.code} ${finding.host} ${finding.network} ${finding.subject}`}>
            <span class="code">{finding.code}</span> {shorten(whereText(finding))}
            <span class="note">{because === 'follows' ? 'follows' : 'of this kind'}</span>
          </li>
        ))}
      </ul>
      {left > 0 && <p class="note">and {left} more (doctor --json)</p>}
    </details>
  );
}

function Accepted({accepted}: {accepted: readonly AcceptedFinding[]}): JSX.Element {
  return (
    <>
      <h3>Accepted by the configuration</h3>
      <ul class="plain">
        {accepted.slice(0, mostFindings).map(({finding, reason, until}) => (
          <li key={`${finding.code} ${whereText(finding)}`}>
            <span class="code">{finding.code}</span> {shorten(whereText(finding))}
            <span class="note">
              until {until}: {shorten(reason, 200)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
