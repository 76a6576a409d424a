import {line} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {waitingSockets} from '../../model/sockets.js';
import {defineCheck} from '../check.js';

/** Where nodes gossip; it can't be moved (moby daemon/libnetwork/networkdb/cluster.go, memberlist). */
const gossipPort = 7946;

/** Whether the engine of a node listens for the gossip of the others. */
export const gossipListener = defineCheck({
  name: 'gossip-listener',
  codes: ['gossip-listener-missing'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost({name, model, overlays}, report) {
    // The gossip begins when the engine is in a swarm that has networks for it.
    if (model.docker?.lent || model.docker?.engine.swarm?.state !== 'active' || overlays.length === 0)
      return undefined;
    const missing = (['tcp', 'udp'] as const).filter((protocol) => {
      const sockets = waitingSockets(model.host?.proc, protocol);
      return sockets !== undefined && !sockets.some(({port}) => port === gossipPort);
    });
    if (missing.length === 0) return undefined;
    const names = missing.map((protocol) => protocol.toUpperCase()).join(' and ');
    report.found({
      code: 'gossip-listener-missing',
      severity: 'error',
      host: name,
      network: null,
      subject: `${names} ${gossipPort}`,
      evidence: missing.map(
        (protocol) => `/proc/net/${protocol}, ${protocol}6: no socket listens on port ${gossipPort}`,
      ),
      cause: `the engine of ${name} is in the swarm and does not listen on ${names} ${gossipPort}: it receives no gossip, so it gets no FDB entries of new endpoints and no names`,
      check: look(line(`ss -lnptu 'sport = :${gossipPort}'`), 'no line of dockerd'),
      fix: fixBy({
        commands: [line('systemctl restart docker')],
        affects: 'the engine and all containers of the node: those of the swarm are restarted',
      }),
      basis: 'one-host',
      at: {host: name},
    });
    return undefined;
  },
});
