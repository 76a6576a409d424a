import {randomBytes} from 'node:crypto';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {redactor} from '../redact/redact.js';
import type {HostEvidence} from '../snapshot/snapshot.js';

/** So many of the parts that were refused are named in an error. */
const mostNamed = 8;

/** A key of its own for each run: nobody can undo it, and two runs have nothing in common. */
export function redaction(): (evidence: HostEvidence) => HostEvidence {
  const redact = redactor(randomBytes(32));
  return (evidence) => {
    const result = redact(evidence);
    if ('evidence' in result) return result.evidence;
    const {refused} = result;
    const left = refused.length - mostNamed;
    throw new OvdiagError({
      code: 'not-redactable',
      message: `Nothing was written: ${quoteText(evidence.source)} has parts in which ovdiag can't tell what to replace.`,
      suggestions: [
        ...refused.slice(0, mostNamed).map(({what, reason}) => `${quoteText(what)}: ${reason}`),
        ...(left > 0 ? [`and ${left} more`] : []),
      ],
    });
  };
}
