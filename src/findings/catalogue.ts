import {examples} from './examples.js';
import type {Explanation} from './explanation.js';
import {addressTexts} from './texts/addresses.js';
import {balancerTexts} from './texts/balancers.js';
import {bridgePortTexts} from './texts/bridge-ports.js';
import {counterTexts} from './texts/counters.js';
import {dockerRuleTexts} from './texts/docker-rules.js';
import {duplicateTexts} from './texts/duplicates.js';
import {encryptionTexts} from './texts/encryption.js';
import {endpointTexts} from './texts/endpoints.js';
import {engineTexts} from './texts/engine.js';
import {gossipTexts} from './texts/gossip.js';
import {hostSettingTexts} from './texts/host-settings.js';
import {loadBalancingTexts} from './texts/load-balancing.js';
import {mtuTexts} from './texts/mtu.js';
import {namespaceTexts} from './texts/namespaces.js';
import {packetFilterTexts} from './texts/packet-filters.js';
import {portTexts} from './texts/ports.js';
import {publishedPortTexts} from './texts/published-ports.js';
import {rowTexts} from './texts/rows.js';
import {sandboxTexts} from './texts/sandboxes.js';
import {swarmTexts} from './texts/swarm.js';
import {swarmNodeTexts} from './texts/swarm-nodes.js';
import {traceTexts} from './texts/trace.js';
import {underlayTexts} from './texts/underlay.js';
import {vxlanSettingTexts} from './texts/vxlan-settings.js';
import {wayOutTexts} from './texts/way-out.js';

const texts = [
  ...duplicateTexts,
  ...endpointTexts,
  ...namespaceTexts,
  ...rowTexts,
  ...sandboxTexts,
  ...swarmTexts,
  ...bridgePortTexts,
  ...vxlanSettingTexts,
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
  ...swarmNodeTexts,
  ...publishedPortTexts,
  ...packetFilterTexts,
  ...gossipTexts,
  ...balancerTexts,
] as const;

/** Stable words for what can be wrong, each with its text: those of `doctor`, and those that only `trace` reports. */
export type FindingCode = (typeof texts)[number]['code'];

/** Codes that a check of `doctor` may report. */
export type CheckCode = Exclude<(typeof texts)[number], {traceOnly: true}>['code'];

/** Every finding code with its text, in the order of the pages. */
export const catalogue: readonly Explanation<FindingCode>[] = texts.map((text): Explanation<FindingCode> => {
  const example = examples[text.code];
  return example ? {...text, example} : text;
});

const byCode = new Map<string, Explanation<FindingCode>>(
  catalogue.map((explanation) => [explanation.code, explanation]),
);

export function explanationOf(code: string): Explanation<FindingCode> | undefined {
  return byCode.get(code);
}
