import {type DocumentVersion, documentVersion} from '../base/document-version.js';
import {usageError} from '../base/errors.js';
import {nearNames} from '../base/near.js';
import {catalogue, explanationOf} from '../findings/catalogue.js';
import type {Explanation} from '../findings/explanation.js';
import {formerStatuses} from '../rows/status.js';

export interface ExplainDocument {
  schemaVersion: DocumentVersion;
  explanations: readonly Explanation[];
}

/** The text of one code, or of all. Throws where there is no such code. */
export function explainAnswer(typed?: string): ExplainDocument {
  if (typed === undefined) return {schemaVersion: documentVersion, explanations: catalogue};
  const code = formerStatuses[typed] ?? typed;
  const explanation = explanationOf(code);
  if (explanation) return {schemaVersion: documentVersion, explanations: [explanation]};
  const near = nearNames(
    code,
    catalogue.map((one) => one.code),
  );
  throw usageError('unknown-code', `No finding code ${code}.`, [
    ...near.map((name) => `Did you mean: ovdiag explain ${name}`),
    'All codes: ovdiag explain',
  ]);
}
