import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {counted, distinct, listed} from '../words.js';

/**
 * Containers of overlays whose resolv.conf has the option ndots: then the embedded DNS answers single words that it does not know
 * itself, and asks no other server (moby libnetwork resolver.go; container-dns.md 1 and 3).
 */
export const nameOptions = defineCheck({
  name: 'name-options',
  codes: ['dns-ndots'],
  perHost(host, report) {
    const set = withNdots(host);
    const [first] = set;
    if (!first) return undefined;
    report.found({
      code: 'dns-ndots',
      severity: 'info',
      host: host.name,
      network: null,
      subject: set.length === 1 ? first.name : 'containers',
      evidence: set.slice(0, 5).map(({name, option}) => `${name}: /etc/resolv.conf: options ${option}`),
      cause: `${set.length === 1 ? first.name : counted(set.length, 'container')} on overlays ${set.length === 1 ? 'has' : 'have'} the DNS option ${listed(distinct(set.map(({option}) => option)))}: names of one word that are not of Docker, such as those of hosts of the local domain, get an empty answer, as the embedded DNS asks no other server for them`,
      check: look(sh`docker exec ${named(first.name)} cat /etc/resolv.conf`),
      fix: fixByOthers(
        'the owner of these containers',
        'leave the option away (--dns-option, dns_opt, or options in /etc/resolv.conf of the host), or ask for full names',
      ),
      basis: 'one-host',
      at: {host: host.name},
    });
    return undefined;
  },
});

/** Without the option the engine writes ndots:0 itself, so that only other numbers are known to have been asked for. */
function withNdots({model, sandboxes}: KnownHost): {name: string; option: string}[] {
  return sandboxes.flatMap(({kind, containers: [container], namespace: {inode}}) => {
    const resolver = inode === undefined ? undefined : model.resolvers.get(inode);
    const option = resolver?.options.find((one) => /^ndots:[1-9]\d*$/.test(one));
    const onOverlay = container?.endpoints.some(
      ({networkId}) => model.docker?.networks.find(({id}) => id === networkId)?.driver === 'overlay',
    );
    const own = resolver?.nameservers[0] === '127.0.0.11';
    return kind === 'container' && container && option !== undefined && onOverlay && own
      ? [{name: container.name, option}]
      : [];
  });
}
