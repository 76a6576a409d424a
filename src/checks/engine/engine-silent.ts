import {line} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import type {HostModel} from '../../model/host.js';
import {defineCheck} from '../check.js';

/** A host with overlays whose engine has ended, or hangs. */
export const engineSilent = defineCheck({
  name: 'engine-silent',
  codes: ['engine-not-answering'],
  ignores: ['balancers', 'rules', 'files'],
  perHost({name, model, vtep}, report) {
    const state = model.engineState;
    if (state === undefined || !hasOverlays(model) || (state === 'gone' && !seesContainers(model)))
      return undefined;
    const dead = state === 'gone';
    report.found({
      code: 'engine-not-answering',
      severity: 'error',
      host: name,
      network: null,
      subject: 'the engine',
      evidence: [
        ...model.problems.filter(({code}) => code === 'docker-unreachable').map(({message}) => message),
        ...(dead ? ['no process dockerd, while processes of its containers run'] : []),
      ],
      cause: `the engine of ${name} ${dead ? 'does not run' : 'hangs: it takes a connection and does not answer'}: containers get no names resolved and this host no entries for new endpoints; connections that do not need either go on`,
      check: look(line('systemctl status docker; journalctl -u docker -n 50 --no-pager')),
      fix: fixBy({
        commands: [line(dead ? 'systemctl start docker' : 'systemctl restart docker')],
        affects: 'all containers of this host: those of the swarm are started again',
      }),
      basis: 'one-host',
      at: {host: name},
      reach: [{host: name}, ...(vtep === undefined ? [] : [{vtep: vtep.address}])],
    });
    return undefined;
  },
});

function hasOverlays({namespaces}: HostModel): boolean {
  return namespaces.some(({tables}) => tables?.links?.some(({vxlan}) => vxlan !== undefined));
}

/** Whoever does not see the processes of containers sees that of the engine no more. */
function seesContainers({namespaces, netnsOfPid}: HostModel): boolean {
  const inodes = new Set(netnsOfPid.values());
  return namespaces.some(({inode}) => inode !== undefined && inodes.has(inode));
}
