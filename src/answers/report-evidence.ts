/** The evidence of a report: what was read of each host, as it was read, packed. */
import {gzipSync} from 'node:zlib';
import type {HostEvidence} from '../snapshot/snapshot.js';

export interface EvidencePiece {
  /** `addr`, `fdb`, …; of Docker's answers `docker`. */
  name: string;
  /** File name of the namespace, `@host` for dockerd's own; null where it is no namespace's. */
  netns: string | null;
  /** The command, or the path of the engine's API. */
  command: string;
  at: string;
  /** Exit status or HTTP status; null where no answer came in time. */
  status: number | null;
  /** Characters of its output. */
  size: number;
  /** Place of its text in `packed`; null where there was no room for it. */
  index: number | null;
}

export interface PackedEvidence {
  host: string;
  pieces: EvidencePiece[];
  /** JSON array of the texts, gzipped, in base64. */
  packed: string;
  /** How many pieces were left out. */
  leftOut: number;
}

/** Of a host so many characters are packed: a tenth of them, as text of tables comes to packed. */
const mostOfHost = 3_000_000;
const mostOfAll = 36_000_000;

interface Text {
  piece: Omit<EvidencePiece, 'index'>;
  text: string;
}

/** The largest pieces are left out where all of them would be too much. */
export function packEvidence(hosts: readonly {name: string; evidence: HostEvidence}[]): PackedEvidence[] {
  const most = Math.min(mostOfHost, mostOfAll / Math.max(1, hosts.length));
  return hosts.map(({name, evidence}) => {
    const texts = textsOf(evidence);
    const fitting = new Set<Text>();
    let room = most;
    for (const text of [...texts].sort((a, b) => a.text.length - b.text.length)) {
      room -= text.text.length;
      if (room < 0) break;
      fitting.add(text);
    }
    const kept: string[] = [];
    const pieces = texts.map((text): EvidencePiece => {
      if (!fitting.has(text)) return {...text.piece, index: null};
      kept.push(text.text);
      return {...text.piece, index: kept.length - 1};
    });
    const packed = gzipSync(JSON.stringify(kept)).toString('base64');
    return {host: name, pieces, packed, leftOut: texts.length - kept.length};
  });
}

function textsOf({sections, docker}: HostEvidence): Text[] {
  return [
    ...sections.map(({name, netns, command, at, status, output, error}): Text => {
      const text = error === undefined || error === '' ? output : `${output}\n[standard error]\n${error}`;
      return {piece: {name, netns: netns ?? null, command, at, status, size: text.length}, text};
    }),
    ...docker.answers.map(({path, at, status, body, error}): Text => {
      const text = body === undefined || body === null ? (error ?? '') : JSON.stringify(body, null, 1);
      return {
        piece: {name: 'docker', netns: null, command: `GET ${path}`, at, status, size: text.length},
        text,
      };
    }),
  ];
}
