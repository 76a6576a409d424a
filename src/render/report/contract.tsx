import type {JSX} from 'preact';
import type {ContractState, RowState} from '../../answers/contract.js';
import type {NotChecked} from '../../findings/finding.js';
import type {Problem} from '../../model/problem.js';
import {hostList} from '../host-list.js';
import {plural} from '../text.js';
import {shorten, type Tone} from './model.js';
import {Section, Sign} from './parts.js';

const states: readonly [state: RowState, word: string, tone: Tone][] = [
  ['broken', 'broken', 'bad'],
  ['held', 'held', 'good'],
  ['not-visible', 'not visible', 'warn'],
  ['needs-probe', 'needs a probe', 'plain'],
  ['not-judged', 'not judged', 'plain'],
];

export function Contract({rows}: {rows: readonly ContractState[]}): JSX.Element {
  const counts = states.flatMap(([state, word]) => {
    const count = rows.filter((row) => row.state === state).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const sections = new Map<string, ContractState[]>();
  for (const row of rows) sections.set(row.section, [...(sections.get(row.section) ?? []), row]);
  return (
    <Section
      id="contract"
      title="Contract of Swarm networking"
      lead={`${plural(rows.length, 'row')} of moby's specification: ${counts.join(', ')}.`}
    >
      {[...sections].map(([section, own]) => (
        <details class="contract" key={section} open={own.some(({state}) => state === 'broken')}>
          <summary>
            <Sign
              tone={
                own.some(({state}) => state === 'broken')
                  ? 'bad'
                  : own.every(({state}) => state === 'held')
                    ? 'good'
                    : 'plain'
              }
            />
            {section}
            <span class="note">{plural(own.length, 'row')}</span>
          </summary>
          <dl>
            {own.map((row) => (
              <ContractLine key={row.id} row={row} />
            ))}
          </dl>
        </details>
      ))}
    </Section>
  );
}

function ContractLine({row}: {row: ContractState}): JSX.Element {
  const {id, text, state, evidence, reason, partly} = row;
  const [, word, tone] = states.find(([one]) => one === state) ?? [state, state, 'plain' as const];
  return (
    <div class="row">
      <dt>
        <span class="code">{id}</span>
        <span class={`state tone-${tone}`}>
          <Sign tone={tone} />
          {word}
        </span>
      </dt>
      <dd>
        {text}
        {partly !== null && <span class="note">Not looked at: {partly}</span>}
        {[...evidence, ...(reason === null ? [] : [reason])].map((one) => (
          <span class="note" key={one}>
            {shorten(one, 300)}
          </span>
        ))}
      </dd>
    </div>
  );
}

const mostGaps = 100;

/** What was not checked, each once with the hosts of which that is so, and what could not be read. */
export function Gaps({
  gaps,
  problems,
}: {
  gaps: readonly NotChecked[];
  problems: readonly Problem[];
}): JSX.Element {
  const grouped = new Map<string, {gap: NotChecked; hosts: string[]}>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.checkName, gap.network, gap.add]);
    const group = grouped.get(key) ?? {gap, hosts: []};
    if (gap.host !== null) group.hosts.push(gap.host);
    grouped.set(key, group);
  }
  const nothing = grouped.size === 0 && problems.length === 0;
  return (
    <Section
      id="unchecked"
      title="Not checked"
      lead={nothing ? 'Everything could be read and checked.' : undefined}
    >
      <ul class="plain gaps">
        {[...grouped.values()].slice(0, mostGaps).map(({gap, hosts}) => (
          <li key={`${gap.checkName} ${gap.network} ${gap.add}`}>
            <span class="code">{gap.checkName}</span>
            {hosts.length > 0 && (
              <strong>
                {hostList(
                  [...new Set(hosts)].map((host) => shorten(host, 40)),
                  4,
                )}
              </strong>
            )}
            <p>{shorten(gap.reason, 500)}</p>
            <p class="note">{shorten(gap.add, 500)}</p>
          </li>
        ))}
        {problems.slice(0, mostGaps).map(({host, code, subject, message}, index) => (
          <li key={index}>
            <span class="code">{code}</span>
            <strong>
              {shorten([host, subject].filter((part) => part !== undefined && part !== '').join(': '), 160)}
            </strong>
            <p>{shorten(message, 500)}</p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
