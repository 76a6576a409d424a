/** Faults of what managers allocate, and of tasks that they can place nowhere or that nodes refuse, for `doctor`. */
import {ceilings} from '../../../src/findings/converging.js';
import {image} from '../image.js';
import type {Lab} from '../lab.js';
import {endOf} from '../trace-ends.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, unfixed} from './fault.js';
import {guestService, post, removeNetwork} from './guests.js';

const vniOption = 'com.docker.network.driver.overlay.vxlanid_list';

/** Until what happened at a moment, in RFC 3339, is older than an allocation may take: before, the finding is converging. */
const overdue = (what: string, moment: () => Promise<string | undefined>) =>
  until({what: `${what} to be overdue`}, async () => {
    const since = Date.parse((await moment()) ?? '');
    return Date.now() - since > ceilings.allocation * 1000 || undefined;
  });

async function makeNetwork(lab: Lab, name: string, ...args: string[]): Promise<() => Promise<unknown>> {
  await lab.node('node1').docker(['network', 'create', '--driver', 'overlay', ...args, name]);
  return () => removeNetwork(lab, name);
}

const created = (lab: Lab, name: string) => async () =>
  (await lab.node('node1').ask<{Created: string}>(`/networks/${name}`)).Created;

/** A network that managers can't allocate. */
function unallocated(
  about: string,
  name: string,
  args: (lab: Lab) => Promise<string[]> | string[],
): DoctorFault {
  return {
    ...fault('network-not-allocated', about, async (lab) => {
      const remove = await makeNetwork(lab, name, ...(await args(lab)));
      await overdue(name, created(lab, name));
      return remove;
    }),
    says: /^the managers have not allocated/,
  };
}

interface Task {
  readonly ServiceID: string;
  readonly Status: {readonly State: string; readonly Timestamp: string; readonly Err?: string};
}

/** Gives a task of a service in this state, once there is one. */
function taskIn(lab: Lab, service: string, state: string): Promise<Task> {
  const filters = encodeURIComponent(JSON.stringify({service: [service]}));
  return until({what: `a task of ${service} that is ${state}`}, async () => {
    const tasks = await lab.node('node1').ask<Task[]>(`/tasks?filters=${filters}`);
    return tasks.find(({Status}) => Status.State === state);
  });
}

/** A service, one of whose tasks stays in a state. */
function stuck(
  about: string,
  name: string,
  state: string,
  make: (lab: Lab) => Promise<() => Promise<unknown>>,
): DoctorFault {
  return fault('task-stuck', about, async (lab) => {
    const remove = await make(lab);
    const {Status: status} = await taskIn(lab, name, state);
    await overdue(name, () => Promise.resolve(status.Timestamp));
    return remove;
  });
}

const ownersChoice = (what: string) => ({because: `${what} is for the owner of the service to choose`});

/** A service on a network of its own, of which nodes refuse the tasks. */
function refused(about: string, name: string, says: RegExp, ...args: string[]): DoctorFault {
  return {
    ...fault('task-rejected', about, async (lab) => {
      const removeNet = await makeNetwork(lab, `${name}-net`, ...args);
      const remove = await guestService(lab, name, '--network', `${name}-net`);
      await taskIn(lab, name, 'rejected');
      return async () => {
        await remove();
        await removeNet();
      };
    }),
    says,
    unfixed: {because: 'a network has its options for good: its owner must create it again'},
  };
}

export const faultsOfManagers: readonly DoctorFault[] = [
  unallocated('a network with the VNI of uber-net', 'twin-net', async (lab) => {
    const {vni} = await endOf(lab.node('node1'), 'web1', 'uber-net');
    return ['--opt', `${vniOption}=${vni}`];
  }),
  unallocated('a network with a subnet of two-nets', 'same-net', () => ['--subnet', '10.50.1.0/24']),
  unallocated('a network with a part of a subnet of two-nets', 'part-net', () => [
    '--subnet',
    '10.50.2.128/25',
  ]),
  unfixed(
    {because: 'the reason is in the log of the leader alone, and the network is in use'},
    fault('network-not-allocated', 'a service on a network with a subnet of two-nets', async (lab) => {
      const removeNet = await makeNetwork(lab, 'used-net', '--subnet', '10.50.2.0/24');
      const remove = await guestService(lab, 'homeless', '--network', 'used-net');
      await overdue('homeless', async () => (await taskIn(lab, 'homeless', 'new')).Status.Timestamp);
      return async () => {
        await remove();
        await removeNet();
      };
    }),
  ),
  unfixed(
    ownersChoice('another port'),
    stuck('three tasks with the same port of their hosts, on two nodes', 'crowded', 'pending', (lab) =>
      guestService(lab, 'crowded', '--replicas', '3', '--publish', 'mode=host,published=9494,target=80'),
    ),
  ),
  unfixed(
    ownersChoice('another port'),
    stuck('a service that publishes port 70000', 'too-high', 'new', async (lab) => {
      const manager = lab.node('node1');
      await post(manager, '/services/create', {
        Name: 'too-high',
        TaskTemplate: {ContainerSpec: {Image: image, Command: ['/bin/sleep', '1000000']}},
        EndpointSpec: {Ports: [{Protocol: 'tcp', TargetPort: 80, PublishedPort: 70_000}]},
      });
      return () => manager.docker(['service', 'rm', 'too-high']);
    }),
  ),
  refused(
    'a task on a network whose mtu option is no number',
    'odd-mtu',
    /the mtu option of the network is not a usable number/,
    ...['--opt', 'com.docker.network.driver.mtu=1450k'],
  ),
  refused(
    'a task on a network whose mtu option is negative',
    'no-mtu',
    /the mtu option of the network is not a usable number/,
    ...['--opt', 'com.docker.network.driver.mtu=-1'],
  ),
  unfixed(
    {because: 'what its health check tests is known to its owner alone'},
    fault(
      'task-not-healthy',
      'a service on uber-net whose health check has not succeeded for a minute',
      async (lab) => {
        const node = lab.node('node2');
        const health = ['--health-cmd', 'false', '--health-interval', '5s', '--health-start-period', '1h'];
        const remove = await guestService(
          lab,
          'ailing',
          ...[...health, '--network', 'uber-net', '--constraint', 'node.hostname==node2'],
        );
        await until({what: 'the task to be a minute old'}, async () => {
          const {stdout: id} = await node.docker(['ps', '-q', '--filter', 'name=ailing']);
          const {stdout} = await node.docker(['inspect', '--format', '{{.State.StartedAt}}', id.trim()]);
          return Date.now() - Date.parse(stdout.trim()) > 61_000 || undefined;
        });
        return remove;
      },
    ),
  ),
];
