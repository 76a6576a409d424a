import {usageError} from '../base/errors.js';
import {nearNames} from '../base/near.js';
import {catalogue, explanationOf} from '../findings/catalogue.js';
import type {Explanation} from '../findings/explanation.js';

export interface ExplainDocument {
  schemaVersion: 1;
  explanations: readonly Explanation[];
}

/** The text of one code, or of all. Throws where there is no such code. */
export function explainAnswer(code?: string): ExplainDocument {
  if (code === undefined) return {schemaVersion: 1, explanations: catalogue};
  const explanation = explanationOf(code);
  if (explanation) return {schemaVersion: 1, explanations: [explanation]};
  const near = nearNames(
    code,
    catalogue.map((one) => one.code),
  );
  throw usageError('unknown-code', `No finding code ${code}.`, [
    ...near.map((name) => `Did you mean: ovdiag explain ${name}`),
    'All codes: ovdiag explain',
  ]);
}
