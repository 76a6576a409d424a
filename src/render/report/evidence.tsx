import type {JSX} from 'preact';
import type {EvidencePiece, PackedEvidence} from '../../answers/report-evidence.js';
import {bytes, plural} from '../text.js';
import {shorten} from './model.js';
import {Section} from './parts.js';

/** What was read, as it was read: a line a piece, and its text when it is opened. */
export function EvidenceList({
  evidence,
  isWhole,
}: {
  evidence: readonly PackedEvidence[];
  isWhole: boolean;
}): JSX.Element {
  return (
    <Section
      id="evidence"
      title="Evidence"
      lead={
        isWhole
          ? 'What was read of each host, as it was read. The texts are packed in this file; its script opens them.'
          : 'The evidence of so many hosts is not in this file: ovdiag snapshot keeps it.'
      }
    >
      {evidence.map(({host, pieces, leftOut}, number) => (
        <details class="host-evidence" key={host} data-evidence={number}>
          <summary>
            {shorten(host, 80)}
            <span class="note">
              {plural(pieces.length, 'piece')}, {bytes(pieces.reduce((sum, {size}) => sum + size, 0))}
              {leftOut > 0 ? `, ${leftOut} too large for this file` : ''}
            </span>
          </summary>
          <div class="pieces" data-pieces>
            <noscript>
              <ul>
                {pieces.slice(0, 40).map((piece, index) => (
                  <li key={index}>{pieceText(piece)}</li>
                ))}
              </ul>
            </noscript>
          </div>
        </details>
      ))}
    </Section>
  );
}

function pieceText({netns, command}: EvidencePiece): string {
  return `${netns === null ? '' : `${shorten(netns, 60)}: `}${shorten(command, 200)}`;
}
