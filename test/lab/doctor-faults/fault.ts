import type {Lab} from '../lab.js';
import {rowsOf} from '../trace-ends.js';
import {traceFaults} from '../trace-faults.js';
import {endsOf, meet, meetAgain} from '../trace-run.js';

export type Traffic = () => Promise<unknown>;

/** Why the fix that `doctor` prints is not typed, or can't mend the fault in a lab. */
export type Unfixed =
  /** It was made on the router, in another engine, or by a missing part of the kernel. */
  | {readonly madeBy: string}
  /** It could be mended on a host, and is not. */
  | {readonly because: string};

/** A fault that `doctor` must name first while it is in, and no more when it is mended. */
export interface DoctorFault {
  readonly code: string;
  /** What is done, in a few words. */
  readonly about: string;
  make(lab: Lab): Promise<void>;
  mend(lab: Lab): Promise<void>;
  /** Gives what is sent again and again while it is in: then it is looked at as by `doctor --for`. */
  traffic?: (lab: Lab) => Promise<Traffic>;
  /** Codes of what follows from it, which must be folded under it. */
  brings?: readonly string[];
  /** Set where its fix does not mend it. */
  unfixed?: Unfixed;
  /** What its cause must say, where a false one is near. */
  says?: RegExp;
  /** Whether all else that is found must be folded under it. */
  alone?: true;
}

/** A fault by what makes it, which returns what undoes it. */
export function fault(
  code: string,
  about: string,
  make: (lab: Lab) => Promise<() => Promise<unknown>>,
): DoctorFault {
  let undo: (() => Promise<unknown>) | undefined;
  return {
    code,
    about,
    async make(lab) {
      undo = await make(lab);
    },
    async mend() {
      await undo?.();
      undo = undefined;
    },
  };
}

/** The same fault, which its fix does not mend. */
export const unfixed = (why: Unfixed, one: DoctorFault): DoctorFault => ({...one, unfixed: why});

/** A shell text on a node, and another that undoes it and may find nothing left to undo. */
export function onHost(
  code: string,
  about: string,
  make: (lab: Lab) => Promise<[string, string]> | [string, string],
  name: 'node1' | 'node2' = 'node1',
): DoctorFault {
  return fault(code, about, async (lab) => {
    const node = lab.node(name);
    const [text, undo] = await make(lab);
    await node.run(['sh', '-ec', text]);
    return () => node.run(['sh', '-c', `${undo} || true`]);
  });
}

export const onRouter: Unfixed = {madeBy: 'the router'};

/** One of the faults that `trace` is tried on. */
export function traceFault(code: string, name: keyof typeof traceFaults): DoctorFault {
  const one = traceFaults[name];
  if (one === undefined) throw new Error(`trace has no fault ${String(name)}`);
  return fault(code, one.about, async (lab) => {
    const ends = await endsOf(lab, one.pair ?? 'web');
    const both = [ends.one, ends.two];
    const rows = await Promise.all(both.map(rowsOf));
    if (one.warm) await meet(ends);
    await one.make(ends);
    return async () => {
      await one.mend(ends);
      if (one.rows) await Promise.all(both.map((end, index) => end.sandbox((rows[index] ?? []).join('\n'))));
      if (one.pair !== 'secret') await meetAgain(ends);
    };
  });
}

/** web1 pings web2, ten times a second, answered or not. */
export async function pings(lab: Lab): Promise<Traffic> {
  const {one, two} = await endsOf(lab, 'web');
  return () => one.inside(`ping -q -n -c 20 -i 0.1 -W 0.3 ${two.ip} || true`);
}
