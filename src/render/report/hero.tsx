/** The first screen: the verdict, its cause and its fix. */
import type {JSX} from 'preact';
import type {ReportDocument} from '../../answers/report.js';
import {explanationOf} from '../../findings/catalogue.js';
import {duration, plural} from '../text.js';
import {findingId, type ReportModel, shorten, timeText, titleOf, toneOf, whereText} from './model.js';
import {Drawing, FixBlock, Sign} from './parts.js';

/** Findings that are named on the first screen beside the first one. */
const mostNamed = 5;

export function Hero({model, place}: {model: ReportModel; place: string | undefined}): JSX.Element {
  const {document, headline, first} = model;
  const {title, where, tone, counts} = headline;
  return (
    <section id="verdict" class={`hero hero-${tone}`} aria-labelledby="verdict-title">
      <p class="counts">
        <Sign tone={tone} />
        {counts}
      </p>
      <h1 id="verdict-title">{title}</h1>
      {where !== null && <p class="where">{shorten(where, 300)}</p>}
      <Reading document={document} isAdvised={isAdvised(first)} />
      {first && (
        <div class="answer">
          <div class="cause">
            <h2>Cause</h2>
            <p>{shorten(first.cause, 1200)}</p>
            <Notice code={first.code} />
            <p class="note">
              <a href={`#${findingId(0)}`}>Proof and how to check it</a>
              <span class="code">{first.code}</span>
            </p>
          </div>
          <FixBlock fix={first.fix} host={first.hosts.length === 1 ? first.host : null} level={2} />
        </div>
      )}
      {place !== undefined && (
        <div class="place">
          <h2>Where it is</h2>
          <Drawing svg={place} label="Where the first finding is" />
          <PathNote document={document} />
        </div>
      )}
      <Others model={model} />
    </section>
  );
}

/** What the numbers at the lines of the picture are. */
function PathNote({document: {walks, placeWalk}}: {document: ReportDocument}): JSX.Element | null {
  const walk = placeWalk === undefined ? undefined : walks[placeWalk];
  if (!walk) return null;
  return (
    <p class="note">
      A frame from {shorten(walk.source, 60)} to {shorten(walk.destination, 60)} and its reply; the numbers
      are the hops of this path.
      <button type="button" class="link" data-walk={placeWalk} hidden>
        Show the hops
      </button>
    </p>
  );
}

/** What the code means in general, for whoever meets it for the first time. */
function Notice({code}: {code: string}): JSX.Element | null {
  const meaning = explanationOf(code)?.meaning;
  return meaning === undefined ? null : <p class="meaning">{meaning}</p>;
}

function Others({model: {document}}: {model: ReportModel}): JSX.Element | null {
  const others = document.diagnosis.findings.slice(1);
  if (others.length === 0) return null;
  const left = others.length - mostNamed;
  return (
    <div class="others">
      <h2>Also found</h2>
      <ul>
        {others.slice(0, mostNamed).map((finding, index) => (
          <li key={findingId(index + 1)}>
            <Sign tone={toneOf(finding.severity)} />
            <div>
              <a href={`#${findingId(index + 1)}`}>{titleOf(finding)}</a>
              <span class="note">{shorten(whereText(finding))}</span>
            </div>
          </li>
        ))}
      </ul>
      {left > 0 && (
        <p class="note">
          <a href="#findings">{plural(left, 'more finding')}</a>
        </p>
      )}
    </div>
  );
}

function isAdvised(first: ReportModel['first']): boolean {
  return first?.fix.by === 'commands' && first.fix.beware !== undefined;
}

/** When and what was read, and whether names are real: what must be known before anything is believed or passed on. */
function Reading({
  document,
  isAdvised,
}: {
  document: ReportDocument;
  /** Whether the fix itself says that the evidence is old. */
  isAdvised: boolean;
}): JSX.Element {
  const {hosts, apartSeconds, createdAt, redacted, diagnosis} = document;
  const times = hosts.map(({startedAt}) => startedAt).sort();
  const [first] = times;
  const isApart = diagnosis.problems.some(({code}) => code === 'skew');
  return (
    <dl class="reading">
      <div>
        <dt>Read</dt>
        <dd>
          {first === undefined ? 'nothing' : <time dateTime={first}>{timeText(first)}</time>}
          <span data-age={first} data-fix={diagnosis.findings.length > 0 && !isAdvised ? '' : undefined} />
        </dd>
      </div>
      {apartSeconds !== null && (
        <div class={isApart ? 'tone-warn' : undefined}>
          <dt>Readings apart</dt>
          <dd>
            {isApart && <Sign tone="warn" />}
            {duration(apartSeconds)}
            {isApart ? ': differences between hosts may only be older' : ''}
          </dd>
        </div>
      )}
      <div>
        <dt>Hosts</dt>
        <dd>
          {hosts.length <= 4 ? hosts.map(({name}) => shorten(name, 40)).join(', ') || 'none' : hosts.length}
        </dd>
      </div>
      <div class={redacted ? undefined : 'tone-warn'}>
        <dt>Names</dt>
        <dd>
          {redacted ? (
            'redacted: names, addresses and ids are replaced'
          ) : (
            <>
              <Sign tone="warn" />
              not redacted: names and addresses are real
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>Made</dt>
        <dd>
          <time dateTime={createdAt}>{timeText(createdAt)}</time>
        </dd>
      </div>
    </dl>
  );
}
