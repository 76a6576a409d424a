/** Types the fix that `doctor` prints, and looks at what became of the fault, and of others meanwhile. */
import assert from 'node:assert/strict';
import {anyManager} from '../../../src/findings/advice.js';
import type {Finding} from '../../../src/findings/finding.js';
import {adviceLines} from '../../../src/render/advice.js';
import {plainPaint} from '../../../src/render/paint.js';
import {terminal} from '../../render/support.js';
import {untilClean} from '../doctor-run.js';
import type {Lab, LabNode} from '../lab.js';
import {type End, endOf, taskOn} from '../trace-ends.js';
import {endsOf, meetAgain} from '../trace-run.js';

/** Milliseconds in which a fix must have helped: gossip that it lets through again takes a minute, and more on a busy machine. */
const patience = Number(process.env['OVDIAG_FIX_PATIENCE'] ?? 240_000);

/**
 * Types the fixes as they are printed, each in one shell on the host that it names; then web1 and web2 must reach each
 * other, and `doctor` must find nothing.
 *
 * @param findings one, or a few alike
 * @returns what takes them back
 */
export async function typeFixes(lab: Lab, findings: readonly Finding[]): Promise<() => Promise<unknown>> {
  const others = await bystanders(lab, findings);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const finding of findings) undo.unshift(await typeFix(lab, finding));
  } finally {
    await others.end();
  }
  await meetAgain(await endsOf(lab, 'web'), patience);
  await untilClean(lab, patience);
  return async () => {
    for (const back of undo) await back();
  };
}

async function typeFix(lab: Lab, finding: Finding): Promise<() => Promise<unknown>> {
  const {fix, host} = finding;
  assert.ok(fix.by === 'commands', `the fix is no command: ${JSON.stringify(fix)}`);
  const printed = adviceLines(finding, {host, verbose: false}, terminal(), plainPaint);
  const [fixLines, undoLines] = [blockOf(printed, 'fix'), blockOf(printed, 'undo')];
  assert.equal(fixLines.length, fix.commands.length);
  // The first node of the lab is its manager.
  const node = fix.host === anyManager ? lab.node('node1') : lab.node(fix.host ?? host ?? '');
  const typed = (lines: readonly string[]) => node.run(['sh', '-e'], {input: `${lines.join('\n')}\n`});
  try {
    await typed(fixLines);
  } catch (error) {
    throw new Error(`typed on ${node.name}:\n${fixLines.join('\n')}\n${String(error)}`);
  }
  return async () => {
    if (undoLines.length > 0) await typed(undoLines);
  };
}

/** The lines below a head of the printed advice, as they stand. */
function blockOf(lines: readonly string[], head: string): string[] {
  const start = lines.findIndex((line) => line.startsWith(`    ${head}`) && line.endsWith(':'));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith('        '));
  return rest.slice(0, end < 0 ? undefined : end);
}

/** Pings between endpoints that the fault leaves alone, until they are ended: then none of them may be lost. */
async function bystanders(lab: Lab, findings: readonly Finding[]): Promise<{end(): Promise<void>}> {
  // An engine that does not answer can't be asked where its containers are; starting it starts them anew.
  if (findings.some(({code}) => code === 'engine-not-answering')) return {end: async () => {}};
  const [first, second] = [lab.node('node1'), lab.node('node2')];
  const {one, two} = await endsOf(lab, 'cross');
  const pairs: [End, End][] = [[one, two]];
  // Tasks that a fix replaces do not answer for a moment, which it says.
  const stay = !findings.some(({fix}) => fix.by === 'commands' && fix.commands.some(replacesApp));
  try {
    const app = async (node: LabNode) => await endOf(node, await taskOn(node, 'app'), 'uber-net');
    if (stay) pairs.push([await app(first), await app(second)]);
  } catch (error) {
    // Of a sandbox without a tunnel nothing is sent, as where the first ping is not answered.
    if (!String(error).includes('was not found')) throw error;
  }
  let isOver = false;
  const lost: string[] = [];
  const send = async ([from, to]: [End, End]) => {
    if (!(await answered(from, to))) return;
    do {
      if (!(await answered(from, to))) lost.push(`${from.container} to ${to.container}`);
    } while (!isOver);
  };
  const sending = Promise.all(pairs.map(send));
  return {
    async end() {
      isOver = true;
      await sending;
      assert.deepEqual(lost, [], 'pings between other endpoints were lost while the fix was typed');
    },
  };
}

const replacesApp = (command: string) => /^docker service (update|scale) .*\bapp\b/.test(command);

/** Five pings in a row. */
async function answered({inside}: End, {ip}: End): Promise<boolean> {
  const text = await inside(`ping -q -n -c 5 -i 0.1 -W 0.5 ${ip} || true`);
  return / 5 (packets )?received|, 5 packets received/.test(text);
}
