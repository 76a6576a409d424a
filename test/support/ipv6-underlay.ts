import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, dropSections, editTable, type Raw, recordedEvidence} from './evidence.js';

const addresses = {node1: '2001:db8:1::5', node2: '2001:db8:2::5'} as const;

const moved = (text: string) =>
  text.replaceAll('172.31.1.5', addresses.node1).replaceAll('192.168.1.5', addresses.node2);

/**
 * Derived: a recorded node as it would be on an underlay of IPv6, which the lab does not have: its addresses, rows, gossip and
 * the kernel's route to the other node, without IPsec.
 *
 * @param rules of the table filter, as ip6tables prints them
 */
export function onIpv6(name: keyof typeof addresses, rules: readonly string[] = []): HostEvidence {
  const [own, other] = [addresses[name], addresses[name === 'node1' ? 'node2' : 'node1']];
  const six = JSON.parse(moved(JSON.stringify(recordedEvidence(name)))) as HostEvidence;
  return derived(six, (draft) => {
    editTable(draft, '@host', 'addr', (links) =>
      links.map((link) => ({
        ...link,
        addr_info: (link['addr_info'] as Raw[] | undefined)?.map((one) =>
          String(one['local']).includes(':') ? {...one, family: 'inet6', prefixlen: 64} : one,
        ),
      })),
    );
    dropSections(draft, (section) => section.name === 'route-get' || section.name.startsWith('xfrm'));
    const route = {
      dst: other,
      gateway: own.replace(/5$/, '1'),
      dev: 'eth0',
      prefsrc: own,
      flags: [],
      metrics: [],
    };
    const whole = {netns: '@host', at: draft.startedAt, status: 0};
    const chains = ['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => `:${chain} ACCEPT [0:0]\n`);
    draft.sections.push(
      {
        ...whole,
        name: 'route-get',
        command: 'ip -d -j -force -batch -',
        output: `${JSON.stringify([route])}\n`,
      },
      {
        ...whole,
        name: 'ip6tables-nft',
        command: 'ip6tables-nft-save -c',
        output: ['*filter\n', ...chains, ...rules.map((rule) => `[7:420] ${rule}\n`), 'COMMIT\n'].join(''),
      },
    );
  });
}
