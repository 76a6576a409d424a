import {device as deviceWord, plain, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {defineCheck} from '../check.js';

/** The one feature by which the driver reckons checksums of tunnelled packets. */
const feature = 'tx-checksum-ip-generic';
/** The port on which the hypervisor takes packets for tunnels of its own. */
const knownPort = 4789;

/** Network cards that are known to spoil the checksums of VXLAN packets. */
export const nicOffload = defineCheck({
  name: 'nic-offload',
  codes: ['nic-offload'],
  perHost(host, report) {
    const {host: tables} = host.model;
    if (!tables?.vtepRoutes?.size) return undefined;
    if (!tables.nics) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'the drivers of the uplink NICs were not read',
        add: `Install ethtool on ${host.name}`,
      });
      return undefined;
    }
    const ports = host.overlays.flatMap(({sandboxes}) =>
      sandboxes
        .flatMap(({namespace}) => namespace.tables?.links ?? [])
        .flatMap(({vxlan}) => vxlan?.port ?? []),
    );
    if (!ports.includes(knownPort)) return undefined;
    for (const {name, driver, features} of tables.nics) {
      const state = features?.get(feature);
      if (driver !== 'vmxnet3' || !state?.startsWith('on')) continue;
      report.found({
        code: 'nic-offload',
        severity: 'warning',
        host: host.name,
        network: null,
        subject: name,
        evidence: [
          `ethtool -i ${name}: driver ${driver}`,
          `ethtool -k ${name}: ${feature}: ${state}`,
          `data path: UDP ${knownPort}`,
        ],
        cause: `with ${feature} on, vmxnet3 and its hypervisor corrupt the checksums inside VXLAN packets on port ${knownPort}: ping works between nodes, TCP does not`,
        check: look(sh`ethtool -k ${deviceWord(name)}`, feature),
        fix: fixBy({
          commands: [sh`ethtool -K ${deviceWord(name)} ${plain(feature)} off`],
          undo: [sh`ethtool -K ${deviceWord(name)} ${plain(feature)} on`],
          affects: `${name}, until the next boot: the CPU computes its checksums`,
        }),
        basis: 'one-host',
        at: {host: host.name, netns: '@host', device: name},
      });
    }
    return undefined;
  },
});
