import {line, named, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {tableListing} from '../../kernel/printed-rule.js';
import type {Container} from '../../model/docker-types.js';
import {rulesKnown} from '../../model/rules/known.js';
import {waitingSockets} from '../../model/sockets.js';
import {type Request, translates} from '../../services/ingress.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';

/**
 * Ports of the host that containers of overlays have for themselves: a DNAT rule leads them to the container, which sees the
 * client's address (moby libnetwork drivers/bridge/internal/iptabler/port.go).
 */
export const hostModeDnat = defineCheck({
  name: 'host-mode-dnat',
  codes: ['host-port-untranslated'],
  perHost(host, report) {
    const overlays = new Set(host.overlays.map(({network: {id}}) => id));
    for (const container of host.model.docker?.containers ?? [])
      if (container.running && container.endpoints.some(({networkId}) => overlays.has(networkId)))
        for (const port of portsOf(container)) untranslated(host, report, container, port);
    return undefined;
  },
});

interface Port extends Pick<Request, 'port' | 'protocol'> {
  address: string;
  text: string;
}

/** Bindings of IPv4, but those that only the host itself reaches. */
function portsOf({name, publishedPorts}: Container): Port[] {
  return Object.entries(publishedPorts).flatMap(([inner, bindings]) =>
    bindings.flatMap((text): Port[] => {
      const protocol = inner.split('/')[1];
      const [, address = '', port] = /^([\d.]+):(\d{1,5})$/.exec(text) ?? [];
      if (port === undefined || (protocol !== 'tcp' && protocol !== 'udp') || address.startsWith('127.'))
        return [];
      return [{port: Number(port), protocol, address, text: `${name}: ${inner} → ${text}`}];
    }),
  );
}

function untranslated(
  host: KnownHost,
  report: Report,
  {name, service}: Container,
  {port, protocol, address, text}: Port,
): void {
  const dst = address === '0.0.0.0' ? host.vtep?.address : address;
  const uplink = host.model.host?.links?.find(({addresses}) => addresses?.some((own) => own.address === dst));
  if (dst === undefined || !uplink) return;
  const asked = {port, protocol, src: '', dst, inInterface: uplink.name};
  if (translates(host.model, asked) !== false) return;
  const socket = waitingSockets(host.model.host?.proc, protocol)?.find((one) => one.port === port);
  report.found({
    code: 'host-port-untranslated',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: `port ${protocol}/${port}`,
    evidence: [
      text,
      `no DNAT rule of ${host.name} for ${protocol} ${port}`,
      ...(socket ? [socket.text] : []),
    ],
    cause: `no rule of ${host.name} leads ${protocol} port ${port} to ${name}: ${socket ? 'docker-proxy passes it on, so the container sees the address of docker_gwbridge instead of that of the client' : 'nothing listens on it either, so clients get no answer'}`,
    check: look(
      line(tableListing(rulesKnown(host.model.host), 'nat')),
      `-A DOCKER … --dport ${port} -j DNAT`,
    ),
    fix: fixBy({
      commands: [service ? sh`docker rm -f ${named(name)}` : sh`docker restart ${named(name)}`],
      affects: service
        ? `this task of ${service.name} only: the swarm starts another one in its place`
        : `${name}, which stops and starts again: the engine makes the rule when a container starts`,
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}
