import type {Explanation} from './explanation.js';
import {counterTexts} from './texts/counters.js';
import {duplicateTexts} from './texts/duplicates.js';
import {endpointTexts} from './texts/endpoints.js';
import {hostSettingTexts} from './texts/host-settings.js';
import {namespaceTexts} from './texts/namespaces.js';
import {sandboxTexts} from './texts/sandboxes.js';

/** Every finding code with its text, in the order of the pages. */
export const catalogue: readonly Explanation[] = [
  ...duplicateTexts,
  ...endpointTexts,
  ...namespaceTexts,
  ...sandboxTexts,
  ...hostSettingTexts,
  // Counters between two readings.
  ...counterTexts,
];

const byCode = new Map(catalogue.map((explanation) => [explanation.code, explanation]));

export function explanationOf(code: string): Explanation | undefined {
  return byCode.get(code);
}
