/** Small parts that several sections have. */
import type {ComponentChildren, JSX} from 'preact';
import type {Outcome} from '../../answers/outcome.js';
import type {CheckStep, Fix} from '../../findings/advice.js';
import type {Tone} from './model.js';

const signs: Record<Tone, string> = {bad: '✕', warn: '!', info: 'i', good: '✓', plain: '·'};

/** What a colour means, as a sign: colour is never alone. */
export function Sign({tone}: {tone: Tone}): JSX.Element {
  return (
    <span class={`sign sign-${tone}`} aria-hidden="true">
      {signs[tone]}
    </span>
  );
}

const outcomeTones: Record<Outcome, Tone> = {passes: 'good', open: 'warn', fails: 'bad'};

export function outcomeTone(outcome: Outcome): Tone {
  return outcomeTones[outcome];
}

interface SectionProps {
  id: string;
  title: string;
  /** What it says, in a line. */
  lead?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({id, title, lead, children}: SectionProps): JSX.Element {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} tabindex={-1}>
        <a class="anchor" href={`#${id}`}>
          {title}
        </a>
      </h2>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
}

/** Commands as they are typed, with a button that copies them; without the script there is no button. */
export function Commands({lines, label}: {lines: readonly string[]; label: string}): JSX.Element {
  return (
    <div class="commands">
      <pre tabindex={0} role="group" aria-label={label}>
        {lines.map((line, at) => (
          <Typed key={line} line={line} end={at < lines.length - 1 ? '\n' : ''} />
        ))}
      </pre>
      <button type="button" class="copy" data-copy hidden aria-label={`Copy: ${label}`}>
        Copy
      </button>
    </div>
  );
}

/** A line that breaks between words only, the rest of it set in: what is typed again by hand must not be cut within a flag. */
function Typed({line, end}: {line: string; end: string}): JSX.Element {
  const words = line.split(' ');
  return (
    <span class="typed">
      {words.map((word, at) => [
        <span key={at} class="word">
          {word}
        </span>,
        at < words.length - 1 ? ' ' : end,
      ])}
    </span>
  );
}

export function CheckBlock({steps}: {steps: readonly CheckStep[]}): JSX.Element | null {
  if (steps.length === 0) return null;
  return (
    <div class="advice">
      <h4>Check</h4>
      {steps.map(({command, shows}) => (
        <div key={command}>
          <Commands lines={[command]} label="command that shows the fault" />
          {shows !== undefined && <p class="note">{shows}</p>}
        </div>
      ))}
    </div>
  );
}

/** @param host name of the host that the finding is on, where it is one */
export function FixBlock({
  fix,
  host,
  level = 4,
}: {
  fix: Fix;
  host: string | null;
  level?: 2 | 4;
}): JSX.Element {
  const Heading = `h${level}` as 'h2' | 'h4';
  if (fix.by !== 'commands') {
    return (
      <div class="advice fix">
        <Heading>Fix</Heading>
        {fix.by === 'others' ? (
          <p>
            <strong>{fix.who}:</strong> {fix.what}
          </p>
        ) : (
          <p>{fix.reason}</p>
        )}
      </div>
    );
  }
  const on = fix.host ?? host;
  return (
    <div class="advice fix">
      <Heading>Fix{on === null ? '' : `, as root on ${on}`}</Heading>
      <Commands lines={fix.commands} label="commands that fix it" />
      {fix.beware !== undefined && (
        <p class="beware">
          <Sign tone="warn" />
          {fix.beware}
        </p>
      )}
      <p class="note">Affects: {fix.affects}</p>
      {fix.undo !== undefined && (
        <details>
          <summary>Undo</summary>
          <Commands lines={fix.undo} label="commands that take it back" />
        </details>
      )}
    </div>
  );
}

/** A picture in a box that scrolls. @param svg our own, in which all foreign text is escaped */
export function Drawing({svg, label}: {svg: string; label: string}): JSX.Element {
  return (
    <div class="scroll picture" tabindex={0} role="region" aria-label={label}>
      <div dangerouslySetInnerHTML={{__html: svg}} />
    </div>
  );
}
