/** Reachability: hosts by their rows, containers by walks. */
import type {JSX} from 'preact';
import type {ReportDocument} from '../../answers/report.js';
import type {NetworkReach, ReachEnd} from '../../answers/report-reach.js';
import {mostWalked} from '../../answers/report-reach.js';
import type {HostPair, HostReach, PairState} from '../../answers/report-rows.js';
import type {ReportWalk} from '../../answers/report-walks.js';
import {plural} from '../text.js';
import {shorten, type Tone} from './model.js';
import {outcomeTone, Section, Sign} from './parts.js';

/** More hosts are drawn as points of a picture. */
const mostCells = 60;
/** Cells of all networks that stand in the page; the matrices behind them are made by the script. */
const mostNetworkCells = 5000;
const mostVerdicts = 12;

export function Reachability({document}: {document: ReportDocument}): JSX.Element {
  const {reach, networkReach, walks, scope} = document;
  let room = mostNetworkCells;
  return (
    <Section
      id="reach"
      title="Reachability"
      lead="From tables alone; nothing was sent. Pairs of hosts by their FDB and neighbour entries, pairs of containers by a walk of both directions."
    >
      {scope === 'overview' ? (
        <p>
          {plural(document.hosts.length, 'host')} are too many for a matrix: what is at fault between them is
          under <a href="#findings">Findings</a>.
        </p>
      ) : (
        <HostMatrix reach={reach} isLarge={scope !== 'whole'} />
      )}
      <div class="matrix-blocks">
        {networkReach.map((network, index) => {
          room -= network.cells.length ** 2;
          return (
            <NetworkMatrix
              key={network.networkId}
              index={index}
              network={network}
              walks={walks}
              drawn={room >= 0}
            />
          );
        })}
      </div>
    </Section>
  );
}

const pairTones: Record<PairState, Tone> = {
  ok: 'good',
  fault: 'bad',
  unknown: 'warn',
  self: 'plain',
  none: 'plain',
};
const pairSigns: Record<PairState, string> = {ok: '✓', fault: '✕', unknown: '?', self: '', none: ''};
const pairWords: Record<PairState, string> = {
  ok: 'all entries as they should be',
  fault: 'an entry is missing or wrong',
  unknown: 'not all could be decided',
  self: 'the host itself',
  none: 'nothing in common',
};

function HostMatrix({reach, isLarge}: {reach: HostReach; isLarge: boolean}): JSX.Element | null {
  const {hosts, nodes, pairs} = reach;
  if (hosts.length === 0 || nodes.length < 2) return null;
  const open = pairs.filter(({state}) => state === 'fault' || state === 'unknown');
  return (
    <div class="matrix-block">
      <h3>Hosts</h3>
      {Math.max(hosts.length, nodes.length) > mostCells ? (
        <PointMatrix reach={reach} />
      ) : (
        <HostCells reach={reach} isLarge={isLarge} />
      )}
      <p class="legend">
        {(['ok', 'fault', 'unknown'] as const).map((state) => (
          <span key={state}>
            <span class={`cell-sign tone-${pairTones[state]}`} aria-hidden="true">
              {pairSigns[state]}
            </span>{' '}
            {pairWords[state]}
          </span>
        ))}
      </p>
      {open.length > 0 && <OpenPairs pairs={open} />}
    </div>
  );
}

function HostCells({
  reach: {hosts, nodes, pairs},
  isLarge,
}: {
  reach: HostReach;
  isLarge: boolean;
}): JSX.Element {
  const byKey = new Map(pairs.map((pair) => [`${pair.host} ${pair.node}`, pair]));
  const otherwise = isLarge ? 'ok' : 'none';
  return (
    <div class="scroll">
      <table class="matrix" data-matrix="hosts" role="grid" aria-label="Hosts: row reaches column">
        <thead>
          <tr>
            <th scope="col" class="corner">
              from ↓ to →
            </th>
            {nodes.map((node) => (
              <th key={node} scope="col">
                <span>{shorten(node, 24)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hosts.map((host, row) => (
            <tr key={host}>
              <th scope="row">{shorten(host, 24)}</th>
              {nodes.map((node, column) => {
                const pair = byKey.get(`${host} ${node}`);
                const state = pair?.state ?? (host === node ? 'self' : otherwise);
                return (
                  <td
                    key={node}
                    role="gridcell"
                    tabindex={row === 0 && column === 0 ? 0 : -1}
                    class={`tone-${pairTones[state]}`}
                    data-pair={pair && pair.faults.length > 0 ? `${host}|${node}` : undefined}
                    aria-label={`${shorten(host, 60)} to ${shorten(node, 60)}: ${pairText(pair, state)}`}
                  >
                    {pairSigns[state]}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function pairText(pair: HostPair | undefined, state: PairState): string {
  if (pair === undefined || pair.endpointCount === 0) return pairWords[state];
  return `${pairWords[state]} (${pair.ok} of ${plural(pair.endpointCount, 'endpoint')})`;
}

/** Many hosts: a point a pair, and nothing where all is as it should be. */
function PointMatrix({reach: {hosts, nodes, pairs}}: {reach: HostReach}): JSX.Element {
  const [rows, columns] = [
    new Map(hosts.map((host, at) => [host, at])),
    new Map(nodes.map((node, at) => [node, at])),
  ];
  const path = (state: PairState) =>
    pairs
      .filter((pair) => pair.state === state)
      .map(({host, node}) => `M${columns.get(node) ?? 0} ${rows.get(host) ?? 0}h1v1h-1z`)
      .join('');
  const faults = pairs.filter(({state}) => state === 'fault').length;
  return (
    <figure class="points">
      <svg
        viewBox={`0 0 ${nodes.length} ${hosts.length}`}
        role="img"
        aria-label={`${hosts.length} by ${nodes.length} hosts; a fault between ${plural(faults, 'pair')}`}
        preserveAspectRatio="xMidYMid meet"
      >
        <rect class="ground" width={nodes.length} height={hosts.length} />
        <path class="unknown" d={path('unknown')} />
        <path class="fault" d={path('fault')} />
      </svg>
      <figcaption>
        A row for each of {plural(hosts.length, 'host')}, a column for each it sends to; marked pairs have an
        entry that is missing or wrong.
      </figcaption>
    </figure>
  );
}

const mostOpen = 40;

function OpenPairs({pairs}: {pairs: readonly HostPair[]}): JSX.Element {
  const left = pairs.length - mostOpen;
  return (
    <ul class="pairs">
      {pairs.slice(0, mostOpen).map(({host, node, state, faults, walk}) => (
        <li
          key={`${host} ${node}`}
          id={`pair-${host}-${node}`.replace(/[^\w-]+/g, '_').slice(0, 80)}
          data-of={`${host}|${node}`}
          tabindex={-1}
        >
          <Sign tone={pairTones[state]} />
          <strong>
            {shorten(host, 60)} → {shorten(node, 60)}
          </strong>{' '}
          {faults
            .slice(0, 4)
            .map(({network, status, name}) => `${status}: ${shorten(name, 60)} on ${shorten(network, 60)}`)
            .join('; ')}
          {faults.length > 4 ? `; and ${faults.length - 4} more` : ''}
          {walk !== null && (
            <button type="button" class="link" data-walk={walk} hidden>
              show the path
            </button>
          )}
        </li>
      ))}
      {left > 0 && <li class="note">and {plural(left, 'more pair')}</li>}
    </ul>
  );
}

interface NetworkMatrixProps {
  index: number;
  network: NetworkReach;
  walks: readonly ReportWalk[];
  drawn: boolean;
}

function NetworkMatrix({index, network, walks, drawn}: NetworkMatrixProps): JSX.Element {
  const {ends, cells} = network;
  const own = cells.flat().flatMap((number) => (number === null ? [] : (walks[number] ?? [])));
  const count = (outcome: ReportWalk['outcome']) => own.filter((walk) => walk.outcome === outcome).length;
  const failed = own.filter(({outcome}) => outcome === 'fails');
  const left = failed.length - mostVerdicts;
  const counts = [
    [count('passes'), 'pass'],
    [count('fails'), 'fail'],
    [count('open'), 'undecided'],
  ] as const;
  return (
    <div class="matrix-block">
      <h3 id={`reach-${index + 1}`}>{shorten(network.network, 80)}</h3>
      {cells.length === 0 ? (
        <p class="note">
          {ends.length} containers, more than {mostWalked}: not walked pair by pair.
        </p>
      ) : (
        <>
          <p class="note">
            {plural(ends.length, 'container')}:{' '}
            {counts
              .filter(([many]) => many > 0)
              .map(([many, word]) => `${many} ${word}`)
              .join(', ')}
          </p>
          <div class="scroll" data-reach={index}>
            {drawn && <Grid network={network} walks={walks} />}
          </div>
          {failed.length > 0 && (
            <ul class="pairs">
              {failed.slice(0, mostVerdicts).map(({verdict, source, destination}) => (
                <li key={`${source} ${destination}`}>
                  <Sign tone="bad" />
                  {shorten(verdict, 300)}
                </li>
              ))}
              {left > 0 && <li class="note">and {left} more</li>}
            </ul>
          )}
        </>
      )}
    </div>
  );
}

const outcomeSigns: Record<ReportWalk['outcome'], string> = {passes: '✓', open: '?', fails: '✕'};

function Grid({
  network: {network, ends, cells},
  walks,
}: {
  network: NetworkReach;
  walks: readonly ReportWalk[];
}): JSX.Element {
  return (
    <table
      class="matrix"
      data-matrix="walks"
      role="grid"
      aria-label={`${shorten(network, 60)}: row reaches column`}
    >
      <thead>
        <tr>
          <th scope="col" class="corner">
            from ↓ to →
          </th>
          {ends.map((end) => (
            <th key={end.typed} scope="col">
              <EndName end={end} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ends.map((source, row) => (
          <tr key={source.typed}>
            <th scope="row">
              <EndName end={source} />
            </th>
            {ends.map((destination, column) => (
              <WalkCell
                key={destination.typed}
                ends={[source, destination]}
                number={cells[row]?.[column] ?? null}
                walks={walks}
                isFirst={row === 0 && column === 0}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EndName({end: {name, host}}: {end: ReachEnd}): JSX.Element {
  return <span title={`${shorten(name)} on ${shorten(host)}`}>{shorten(taskName(name), 22)}</span>;
}

/** `app.1` of `app.1.edworjybqro7j9aswuh5c000s`. */
function taskName(name: string): string {
  return name.replace(/^(.+\.[a-z0-9]+)\.[a-z0-9]{25}$/, '$1');
}

interface WalkCellProps {
  ends: [ReachEnd, ReachEnd];
  number: number | null;
  walks: readonly ReportWalk[];
  isFirst: boolean;
}

function WalkCell({ends: [source, destination], number, walks, isFirst}: WalkCellProps): JSX.Element {
  const walk = number === null ? undefined : walks[number];
  const isSelf = source === destination;
  const label = isSelf ? 'itself' : (walk?.disposition ?? 'not walked');
  return (
    <td
      role="gridcell"
      tabindex={isFirst ? 0 : -1}
      class={walk ? `tone-${outcomeTone(walk.outcome)}` : 'tone-plain'}
      data-walk={walk ? number : undefined}
      aria-label={`${shorten(source.name, 60)} to ${shorten(destination.name, 60)}: ${label}`}
    >
      {walk ? outcomeSigns[walk.outcome] : isSelf ? '' : '–'}
    </td>
  );
}
