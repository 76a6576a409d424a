import type {JSX} from 'preact';
import type {CaptureFlow, CaptureReport} from '../../answers/report-capture.js';
import {bytes, duration, plural} from '../text.js';
import {Bars, Spark} from './chart.js';
import {shorten, timeText} from './model.js';
import {Section, Sign} from './parts.js';
import {DataTable} from './table.js';
import {millisecondsText, type ReportTable, vniText} from './tables.js';

/** VNIs and conversations that are drawn. */
const mostSeries = 12;
const mostBars = 12;

export function Capture({capture, table}: {capture: CaptureReport; table: ReportTable}): JSX.Element {
  const {packets, files, first, last, problems, vxlanPackets, espPackets, invalidPackets, moreFlows} =
    capture;
  const counts = [
    plural(packets, 'packet'),
    bytes(capture.bytes),
    `${vxlanPackets} VXLAN`,
    ...(espPackets > 0 ? [`${espPackets} ESP`] : []),
    ...(invalidPackets > 0 ? [`${invalidPackets} without a valid VNI`] : []),
  ];
  return (
    <Section
      id="capture"
      title="Capture"
      lead={`${files.map((file) => shorten(file, 80)).join(', ')}: ${counts.join(', ')}.`}
    >
      {first !== null && last !== null && (
        <p class="note">
          {timeText(first)} to {timeText(last)}
        </p>
      )}
      {problems.map((problem) => (
        <p class="tone-warn" key={problem}>
          <Sign tone="warn" />
          {shorten(problem, 300)}
        </p>
      ))}
      {packets > 0 && <OverTime capture={capture} />}
      <Quality flows={capture.flows} />
      <h3>Conversations</h3>
      <DataTable table={table} faults="With notes only" />
      {moreFlows > 0 && (
        <p class="note">{plural(moreFlows, 'smaller conversation')} left out: ovdiag decode --flows</p>
      )}
    </Section>
  );
}

function OverTime({capture: {series, stepSeconds}}: {capture: CaptureReport}): JSX.Element {
  const shown = series.slice(0, mostSeries);
  const mostPackets = Math.max(...shown.flatMap(({packets}) => packets));
  const mostBytes = Math.max(...shown.flatMap((one) => one.bytes));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return (
    <>
      <h3>Packets and bytes over time, by VNI</h3>
      <p class="note">
        Each step is {duration(stepSeconds)}; all rows of a column have one scale, up to {mostPackets} packets
        and {bytes(mostBytes)} a step.
      </p>
      <div class="series">
        {shown.map((one) => {
          const name = vniText(one);
          return (
            <div class="serie" key={name}>
              <h4>{name}</h4>
              <div>
                <Spark values={one.packets} most={mostPackets} label={`${name}: packets over time`} />
                <p class="note">{plural(sum(one.packets), 'packet')}</p>
              </div>
              <div>
                <Spark values={one.bytes} most={mostBytes} label={`${name}: bytes over time`} />
                <p class="note">{bytes(sum(one.bytes))}</p>
              </div>
            </div>
          );
        })}
      </div>
    </>
  );
}

function Quality({flows}: {flows: readonly CaptureFlow[]}): JSX.Element {
  const lossy = flows
    .filter(({lost}) => lost > 0)
    .sort((a, b) => b.lost - a.lost)
    .slice(0, mostBars);
  const timed = flows
    .filter(({roundTripSeconds}) => roundTripSeconds !== null)
    .sort((a, b) => (b.roundTripSeconds ?? 0) - (a.roundTripSeconds ?? 0))
    .slice(0, mostBars);
  return (
    <div class="pair-of-charts">
      <div>
        <h3>Losses</h3>
        <p class="note">TCP segments sent again, and echo requests without reply</p>
        {lossy.length === 0 ? (
          <p>None were seen.</p>
        ) : (
          <Bars
            label="Losses"
            bars={lossy.map((flow) => ({name: flowName(flow), value: flow.lost, text: String(flow.lost)}))}
          />
        )}
      </div>
      <div>
        <h3>Round-trip times</h3>
        <p class="note">Of TCP the handshake, of echoes the mean; the longest first</p>
        {timed.length === 0 ? (
          <p>None were seen.</p>
        ) : (
          <Bars
            label="Round-trip times"
            bars={timed.map((flow) => ({
              name: flowName(flow),
              value: flow.roundTripSeconds ?? 0,
              text: millisecondsText(flow.roundTripSeconds ?? 0),
            }))}
          />
        )}
      </div>
    </div>
  );
}

function flowName({protocol, client, server, clientName, serverName}: CaptureFlow): string {
  return `${protocol} ${shorten(clientName ?? client, 40)} → ${shorten(serverName ?? server, 40)}`;
}
