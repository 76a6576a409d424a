/** Further faults of sandboxes, their bridges, devices and files, for `doctor`. */
import type {Lab} from '../lab.js';
import {type End, endOf, rowsOf} from '../trace-ends.js';
import {rebuild} from '../trace-faults.js';
import {endsOf, meetAgain} from '../trace-run.js';
import {until} from '../wait.js';
import {type DoctorFault, fault, unfixed} from './fault.js';
import {guest, guestNetwork, sandboxOf, setMtu, spareNetwork} from './guests.js';

const directory = '/var/run/docker/netns';

/** An edit in the sandbox of an end, undone by another. */
function sandboxFault(
  code: string,
  about: string,
  end: (lab: Lab) => Promise<End>,
  [make, mend]: [(end: End) => string, (end: End) => string],
): DoctorFault {
  return fault(code, about, async (lab) => {
    const at = await end(lab);
    await at.sandbox(make(at));
    return () => at.sandbox(`${mend(at)} || true`);
  });
}

const ts2 = (lab: Lab) => endOf(lab.node('node2'), 'ts2b', 'two-nets');

export const faultsOfSandboxes: readonly DoctorFault[] = [
  sandboxFault('bridge-address-missing', 'a bridge of two-nets on node2 has lost its address', ts2, [
    ({bridge}) => `ip addr del 10.50.2.1/24 dev ${bridge}`,
    ({bridge}) => `ip addr add 10.50.2.1/24 dev ${bridge}`,
  ]),
  unfixed(
    {because: 'the kernel does not change it on a device that is there'},
    fault(
      'vxlan-proxy-off',
      'the vxlan device of uber-net on node2 made again without proxy',
      async (lab) => {
        const {two} = await endsOf(lab, 'web');
        const rows = (await rowsOf(two)).join('\n');
        await rebuild(two, 4789, two.vni, 'l2miss l3miss');
        await two.sandbox(rows);
        return async () => {
          await rebuild(two, 4789);
          await two.sandbox(rows);
          await meetAgain(await endsOf(lab, 'web'));
        };
      },
    ),
  ),
  fault('mtu-unlike-option', 'all of one network set to 1400 bytes on both nodes', async (lab) => {
    const remove = await guestNetwork(lab, 'small-net');
    for (const node of lab.nodes) await setMtu(node, 'small-net', 1400);
    return remove;
  }),
  fault('mtu-unlike-option', 'all of a network for 1400 bytes set to 1450 on both nodes', async (lab) => {
    const remove = await guestNetwork(lab, 'large-net', '--opt', 'com.docker.network.driver.mtu=1400');
    for (const node of lab.nodes) await setMtu(node, 'large-net', 1450);
    return remove;
  }),
  fault(
    'namespace-file-missing',
    'the namespace file of a running container on node2 removed',
    async (lab) => {
      const node = lab.node('node2');
      const remove = await guest(node, 'fileless');
      const {pid, key} = await sandboxOf(node, 'fileless');
      const file = `${directory}/${key}`;
      // What begins has no file for a moment.
      await until({what: 'the container to have run for a while'}, async () => {
        const {stdout} = await node.docker(['inspect', '--format', '{{.State.StartedAt}}', 'fileless']);
        return Date.now() - Date.parse(stdout.trim()) > 11_000 || undefined;
      });
      await node.run(['sh', '-ec', `umount ${file}; rm ${file}`]);
      return async () => {
        await node.run([
          'sh',
          '-ec',
          `[ -e ${file} ] || [ ! -e /proc/${pid} ] || { touch ${file}; mount --bind /proc/${pid}/ns/net ${file}; }`,
        ]);
        await remove();
      };
    },
  ),
  fault(
    'vni-held-twice',
    "somebody else's vxlan device on node2 with the VNI of a network that its engine does not list",
    async (lab) => {
      const [node1, node2] = [lab.node('node1'), lab.node('node2')];
      const {vni, remove} = await spareNetwork(node1);
      await node2.run(['ip', 'link', 'add', 'lab-vx', 'type', 'vxlan', 'id', vni, 'dstport', '4789']);
      return async () => {
        await node2.run(['sh', '-c', 'ip link del lab-vx 2>/dev/null || true']);
        await remove();
      };
    },
  ),
];
