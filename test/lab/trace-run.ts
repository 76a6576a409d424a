import type {Lab} from './lab.js';
import {arrives, endOf, rowsOf, taskOn} from './trace-ends.js';
import type {Ends, Pair, TraceFault} from './trace-faults.js';
import {until} from './wait.js';

/** The ends of all walks, as the lab has them now. */
export async function traceEnds(lab: Lab): Promise<Record<Pair, Ends>> {
  const [web, cross, secret, same] = await Promise.all(
    (['web', 'cross', 'secret', 'same'] as const).map((pair) => endsOf(lab, pair)),
  );
  if (!web || !cross || !secret || !same) throw new Error('there are four pairs');
  return {web, cross, secret, same};
}

/** The ends of one walk, as the lab has them now. */
export async function endsOf(lab: Lab, pair: Pair): Promise<Ends> {
  const [first, second] = [lab.node('node1'), lab.node('node2')];
  const [one, two] = await Promise.all(
    {
      web: () => [endOf(first, 'web1', 'uber-net'), endOf(second, 'web2', 'uber-net')] as const,
      cross: () => [endOf(first, 'ts1a', 'two-nets'), endOf(second, 'ts2b', 'two-nets')] as const,
      secret: () => [endOf(first, 'secret1', 'secret-net'), endOf(second, 'secret2', 'secret-net')] as const,
      same: () =>
        [
          endOf(first, 'web1', 'uber-net'),
          taskOn(first, 'app').then((task) => endOf(first, task, 'uber-net')),
        ] as const,
    }[pair](),
  );
  return {one, two, router: (text) => lab.router.run(['sh', '-ec', text])};
}

/** What the kernel does while a fault is in: whether a ping arrives, before the tables are read. */
export interface Truth {
  readonly forward: boolean;
}

/**
 * Makes a fault, sends a ping, does the work, and mends. The order matters: what comes back the other way would teach
 * the tables what the fault took from them, so the work itself sends it, and last.
 */
export async function withTraceFault<T>(
  ends: Ends,
  fault: TraceFault,
  work: () => Promise<T>,
): Promise<{answer: T; truth: Truth}> {
  const {one, two} = ends;
  const rows = fault.rows ? await Promise.all([one, two].map(rowsOf)) : [];
  if (fault.warm) await meet(ends);
  else await forget(ends);
  try {
    await fault.make(ends);
    const forward = await arrives(one, two);
    if (fault.unseen) await arrives(two, one);
    return {answer: await work(), truth: {forward}};
  } finally {
    await fault.mend(ends);
    for (const [index, end] of [one, two].entries()) {
      const lines = rows[index];
      if (lines) await end.sandbox(lines.join('\n'));
    }
    await forget(ends);
  }
}

/** A ping each way; false where one is lost. */
export async function meet({one, two}: Ends): Promise<boolean> {
  return (await arrives(one, two)) && (await arrives(two, one));
}

/**
 * Waits until both reach each other again. A fault of the underlay cuts gossip as well: a node that was away for some seconds
 * is taken for lost, its rows are removed, and they come back only when it is heard of again.
 */
export async function meetAgain(ends: Ends, patience?: number): Promise<void> {
  const pauses = {first: 500, longest: 4000};
  const what = `${ends.one.container} and ${ends.two.container} to meet again`;
  await until({what, pauses, ...(patience && {patience})}, async () =>
    (await meet(ends)) ? true : undefined,
  );
}

/** What the containers have learned of each other, and of the path. */
async function forget({one, two}: Ends): Promise<void> {
  const text = 'ip neigh flush all; ip route flush cache';
  await Promise.all([one.inside(text), two.inside(text)]);
}
