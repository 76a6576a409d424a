import type {PointReport, Seen, VerdictCode} from '../probe/judge.js';
import type {PathMtu} from '../probe/ladder.js';
import {lossText} from '../probe/loss.js';
import type {ProbeReport} from '../probe/probe.js';
import type {Tone} from './paint.js';
import type {TreeNode} from './tree.js';

const good: ReadonlySet<VerdictCode> = new Set(['arrived', 'refused']);
const unsure: ReadonlySet<VerdictCode> = new Set(['lossy', 'unanswered', 'no-answer']);

/** The probe's finding, then each capture point of the path with what was seen there in both directions. */
export function probeNodes(probe: ProbeReport, verbose: boolean): TreeNode[] {
  const {verdict, points, plan, sent, loss, roundTrip, model} = probe;
  const times = roundTrip
    ? `, round trip ${roundTrip.minMs} to ${roundTrip.maxMs} ms, ${roundTrip.meanMs} on average`
    : '';
  const notes = [
    `${lossText(sent, loss)}${times}`,
    `predicted from tables: ${model.disposition}${model.reverse ? ` (forward ${model.forward}, reply ${model.reverse})` : ''}`,
    ...verdict.notes,
    ...plan.gaps.map(({host, point, reason}) => `no capture at ${point} of ${host}: ${reason}`),
  ];
  return [
    ...(probe.name
      ? [
          {
            text: `probe: ${probe.name.text}`,
            tone:
              probe.name.resolves === null
                ? ('warn' as const)
                : probe.name.resolves
                  ? ('good' as const)
                  : ('bad' as const),
          },
        ]
      : []),
    {
      text: `probe: ${verdict.code}: ${verdict.text}`,
      tone: good.has(verdict.code) ? 'good' : unsure.has(verdict.code) ? 'warn' : 'bad',
      notes,
      children: points.map((point) => pointNode(point, sent, verbose)),
    },
    ...(probe.mtu ? [mtuNode(probe.mtu, probe.mtuLost?.text, verbose)] : []),
  ];
}

function pointNode(point: PointReport, sent: number, verbose: boolean): TreeNode {
  const {host, point: kind, interface: name, netns, forward, reverse, failure, sealed, outer} = point;
  const where = `${host}  ${kind} ${name}`;
  if (failure !== undefined) return {text: `${where}: no capture: ${failure}`, tone: 'warn'};
  if (sealed) {
    return {
      text: `${where}: encrypted; ${sealed.forward} ESP packets out, ${sealed.reverse} back (of any traffic)`,
    };
  }
  const lost = forward.packets < sent || reverse.packets < sent;
  return {
    text: `${where}: ${forward.packets} of ${sent} out, ${reverse.packets} back`,
    tone: lost ? 'warn' : 'plain',
    ...(verbose
      ? {
          notes: [
            `in ${netns}${outer ? `; outer ${outer.join(', ')}` : ''}`,
            ...seenText('out', forward),
            ...seenText('back', reverse),
          ],
        }
      : {}),
  };
}

function seenText(way: string, {firstSeen, lastSeen}: Seen): string[] {
  if (firstSeen === null || lastSeen === null) return [];
  return [`${way} from ${clock(firstSeen)} to ${clock(lastSeen)} by this host's clock`];
}

/** `14:03:07.123456` UTC of seconds since the epoch. */
function clock(seconds: string): string {
  const [whole = '0', fraction = '0'] = seconds.split('.');
  return `${new Date(Number(whole) * 1000).toISOString().slice(11, 19)}.${fraction}`;
}

function mtuNode(mtu: PathMtu, lostText: string | undefined, verbose: boolean): TreeNode {
  const {interfaceMtu, largestPassing, largestWhole, smallestNot, exact, sizes} = mtu;
  const full = largestWhole >= interfaceMtu;
  const limit = exact ? '' : ` (${smallestNot ?? '?'} do not)`;
  const text = full
    ? `mtu: full-size packets (${interfaceMtu} bytes) pass unfragmented`
    : largestPassing >= interfaceMtu
      ? `mtu: full-size packets (${interfaceMtu} bytes) pass, fragmented by the underlay above ${largestWhole} bytes`
      : `mtu: packets up to ${largestWhole} bytes pass${limit}; interface MTU is ${interfaceMtu}`;
  const tone: Tone = full ? 'good' : largestPassing >= interfaceMtu ? 'warn' : 'bad';
  const refused = sizes.find(({cached}) => cached);
  const notes = [
    ...(full || lostText === undefined ? [] : [`larger packets: ${lostText}`]),
    ...(refused
      ? [
          `the route cache of the source has a path MTU of ${refused.mtu ?? '?'} from an earlier packet; it expires after at most 10 minutes`,
        ]
      : []),
    ...(verbose ? [`sizes tried: ${sizes.map(({size, result}) => `${size} ${result}`).join(', ')}`] : []),
  ];
  return {text, tone, ...(notes.length > 0 ? {notes} : {})};
}
