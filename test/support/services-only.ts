import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {overlayOf} from './evidence.js';

/** Networks of which the sandboxes are kept: ingress, the one with the services and the encrypted one. */
export const keptNetworks = ['ingress', 'uber-net', 'secret-net'] as const;

/** Leaves out the sandboxes that no fault of a service or of encryption is in, and counters of those that only carry overlays. */
export function keepServices(draft: HostEvidence): void {
  const kept = keptNetworks.map((name) => overlayOf(draft, name));
  const overlays = kept.map(({file}) => file);
  const balancers = ['ingress_sbox', ...kept.map(({id}) => `lb_${id.slice(0, 9)}`)];
  const web = sandboxOf(draft, /^\/web[12]$/);
  draft.sections = draft.sections.filter(
    ({netns, name}) =>
      netns === undefined ||
      netns === '@host' ||
      netns === web ||
      balancers.includes(netns) ||
      (overlays.includes(netns) && name !== 'proc'),
  );
}

/** File name of the sandbox of a container, by the name of the container. */
function sandboxOf(draft: HostEvidence, name: RegExp): string | undefined {
  type Container = {Name: string; NetworkSettings: {SandboxKey: string}};
  const containers = draft.docker.answers
    .filter(({path}) => /^\/containers\/[0-9a-f]+\/json$/.test(path))
    .map(({body}) => body as Container);
  return containers
    .find(({Name}) => name.test(Name))
    ?.NetworkSettings.SandboxKey.split('/')
    .at(-1);
}
