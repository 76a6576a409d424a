import type {Explanation} from './explanation.js';
import {endpointTexts} from './texts/endpoints.js';

/** Every finding code with its text, in the order of the pages. */
export const catalogue: readonly Explanation[] = [...endpointTexts];

const byCode = new Map(catalogue.map((explanation) => [explanation.code, explanation]));

export function explanationOf(code: string): Explanation | undefined {
  return byCode.get(code);
}
