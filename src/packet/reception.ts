import {addressText, macText} from './address.js';
import {ethernetField} from './ethernet.js';
import type {Names, Reception} from './names.js';
import {innerOf, outerOf, type PacketView} from './view.js';

/** What is known of the receiver of a packet of VXLAN; undefined where nothing is. */
export function receptionOf(view: PacketView, names: Names): Reception | undefined {
  const outer = outerOf(view);
  const inner = innerOf(view);
  if (names.reception === undefined || outer.vni < 0 || inner === undefined || inner.ethernet < 0)
    return undefined;
  return names.reception({
    src: addressText(outer.data, outer.src, outer.version),
    dst: addressText(outer.data, outer.dst, outer.version),
    port: outer.dport,
    vni: outer.vni,
    srcMac: macText(inner.data, inner.ethernet + ethernetField.src),
  });
}
