/** The way of a packet from a container to an address on none of its networks. */
import type {Walk} from './hop.js';
import {containerPlace, isDown, linkText, type WalkedHost} from './party.js';
import {chooseRoute, routeText} from './route.js';
import type {TraceEnd} from './trace.js';
import {trail} from './trail.js';

export function walkOutside(hosts: WalkedHost[], {host, container}: TraceEnd, ip: string): Walk {
  const steps = trail();
  const walked = hosts.find(({model}) => model.key === host.key);
  const place = walked ? containerPlace(walked, container) : undefined;
  if (!walked || !place?.tables) {
    steps.doubt(host, 'route', `the namespace of ${container.name} could not be read`);
    return steps.end('undecided');
  }
  const chosen = chooseRoute(place.tables, ip);
  if (chosen.verdict === 'unknown') {
    steps.doubt(
      host,
      'route',
      `the route of ${container.name} to ${ip} is not known: ${chosen.reason ?? ''}`,
    );
    return steps.end('undecided');
  }
  const networks = (host.docker?.networks ?? []).filter(({id}) =>
    container.endpoints.some(({networkId}) => networkId === id),
  );
  const internal = networks.length > 0 && networks.every((network) => network.internal);
  if (chosen.verdict === 'none' || !chosen.route) {
    const routes = (place.tables.routes ?? []).filter(({table}) => table === 'main').map(routeText);
    if (internal) {
      return steps.fail(
        host,
        'route',
        'internal-network',
        `${networks.map(({name}) => name).join(', ')} is internal: ${container.name} has no way outside`,
        {
          evidence: routes,
          cause: 'Docker gives endpoints of internal networks no leg on docker_gwbridge and no default route',
        },
        'isolated',
      );
    }
    return steps.fail(
      host,
      'route',
      'container-route-missing',
      `${container.name} has no route to ${ip}`,
      {evidence: routes, cause: chosen.reason ?? ''},
      'unreachable',
    );
  }
  const {route} = chosen;
  steps.pass(host, 'route', `${ip} by ${routeText(route)}`, [routeText(route)]);
  const link = place.tables.links?.find(({name}) => name === route.dev);
  if (link && isDown(link)) {
    return steps.fail(
      host,
      'interface',
      'container-link-down',
      `${link.name} of ${container.name} is down`,
      {evidence: [linkText(link)]},
      'unreachable',
    );
  }
  const peer = link ? walked.pairs(place.netns, link.ifindex)?.peer : undefined;
  const bridge = peer?.link.master;
  const network =
    networks.find(({bridgeName}) => bridgeName === bridge) ??
    host.docker?.networks.find(({bridgeName}) => bridgeName !== undefined && bridgeName === bridge);
  if (network?.internal) {
    const rules = (host.host?.netfilter ?? [])
      .flatMap(({rules: all}) => all)
      .filter(
        ({table, text}) =>
          table === 'filter' && text.includes(` ${bridge} `) && /-j DROP/.test(text) && text.includes('! -'),
      );
    return steps.fail(
      host,
      'filter-out',
      'internal-network',
      `${network.name} is internal: the host drops what leaves its bridge`,
      {
        evidence: rules.map(({chain, text}) => `-A ${chain} ${text}`),
        cause:
          rules.length > 0
            ? 'these rules drop it'
            : 'the rules that keep it inside were not found in what was read',
      },
      'isolated',
    );
  }
  if (peer)
    steps.pass(
      host,
      'veth',
      `${link?.name} ⇄ ${peer.link.name} on the host${bridge ? `, port of ${bridge}` : ''}`,
      [linkText(peer.link)],
    );
  const outer = host.host ? chooseRoute(host.host, ip) : undefined;
  if (outer?.verdict === 'none') {
    return steps.fail(
      host,
      'underlay-route',
      'host-route-missing',
      `${host.name} itself has no route to ${ip}`,
      {cause: outer.reason ?? ''},
      'unreachable',
    );
  }
  if (outer?.route)
    steps.pass(host, 'underlay-route', `${ip} by ${routeText(outer.route)} of the host`, [
      routeText(outer.route),
    ]);
  steps.hops.push({
    host: null,
    layer: 'outside',
    verdict: 'unknown',
    summary: `what becomes of it beyond ${host.name} can not be read from here`,
    evidence: [],
  });
  return steps.end('sent-outside');
}
