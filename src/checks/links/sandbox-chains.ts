import {named, plain, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {throughBridgeChains} from '../../kernel/bridge-chains.js';
import {chainOf, ruleLine} from '../../kernel/printed-rule.js';
import {within} from '../../topology/in-namespace.js';
import {defineCheck} from '../check.js';

/** Chains of nftables' bridge family in the sandboxes of overlays, in which Docker sets no rules. */
export const sandboxChains = defineCheck({
  name: 'sandbox-chains',
  codes: ['bridge-filtered'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays)
      for (const {
        namespace: {file, tables},
      } of sandboxes) {
        const {verdict, by} = throughBridgeChains(tables?.nftables);
        const [first] = by;
        if (verdict === 'passes' || !first) continue;
        const {family, table, name} = chainOf(first);
        const shown = within(host.model, file, sh`nft -a list table ${plain(family)} ${named(table)}`);
        if (verdict === 'perhaps') {
          report.notChecked({
            host: host.name,
            network: network.name,
            reason: `whether frames of ${network.name} pass the nftables chain ${table}/${name} in ${file}: its rules are not evaluated`,
            add: shown.text,
          });
          continue;
        }
        report.found({
          code: 'bridge-filtered',
          severity: 'error',
          host: host.name,
          network: network.name,
          subject: `${table}/${name} in ${file}`,
          evidence: by.map((one) => `${file}: ${ruleLine(one)}`),
          cause: `the nftables chain ${table}/${name} in the sandbox of ${network.name} drops all IPv4 frames between its ports: no endpoint of ${host.name} reaches others there, or is reached; Docker sets none`,
          check: look(shown, 'the rule that drops'),
          fix: fixBy({
            commands: [within(host.model, file, sh`nft delete table ${plain(family)} ${named(table)}`)],
            affects: `all rules of that table in the sandbox of ${network.name}: find the program that made it`,
          }),
          basis: 'one-host',
          at: {host: host.name, networkId: network.id, netns: file},
        });
      }
    return undefined;
  },
});
