import type {Explanation} from './explanation.js';
import {addressTexts} from './texts/addresses.js';
import {counterTexts} from './texts/counters.js';
import {dockerRuleTexts} from './texts/docker-rules.js';
import {duplicateTexts} from './texts/duplicates.js';
import {encryptionTexts} from './texts/encryption.js';
import {endpointTexts} from './texts/endpoints.js';
import {engineTexts} from './texts/engine.js';
import {hostSettingTexts} from './texts/host-settings.js';
import {loadBalancingTexts} from './texts/load-balancing.js';
import {mtuTexts} from './texts/mtu.js';
import {namespaceTexts} from './texts/namespaces.js';
import {portTexts} from './texts/ports.js';
import {rowTexts} from './texts/rows.js';
import {sandboxTexts} from './texts/sandboxes.js';
import {traceTexts} from './texts/trace.js';
import {underlayTexts} from './texts/underlay.js';
import {wayOutTexts} from './texts/way-out.js';

/** Every finding code with its text, in the order of the pages. */
export const catalogue: readonly Explanation[] = [
  ...duplicateTexts,
  ...endpointTexts,
  ...namespaceTexts,
  ...rowTexts,
  ...sandboxTexts,
  ...hostSettingTexts,
  ...counterTexts,
  ...underlayTexts,
  ...traceTexts,
  ...dockerRuleTexts,
  ...encryptionTexts,
  ...loadBalancingTexts,
  ...engineTexts,
  ...mtuTexts,
  ...portTexts,
  ...addressTexts,
  ...wayOutTexts,
];

const byCode = new Map(catalogue.map((explanation) => [explanation.code, explanation]));

export function explanationOf(code: string): Explanation | undefined {
  return byCode.get(code);
}
