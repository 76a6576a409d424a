import {writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {catalogue} from '../../../src/findings/catalogue.js';
import {fullFaults} from '../full/faults.js';
import {doctorFaults} from './all.js';
import {decoys} from './decoys.js';
import {derivedFaults} from './derived.js';
import type {DoctorFault, Unfixed} from './fault.js';
import {keyOf, type Passed} from './results.js';

export const faultTable = fileURLToPath(new URL('../../../docs/checks/faults.md', import.meta.url));

/** Writes docs/checks/faults.md: how each code was tried, and how long it took. In seconds; what is not in them was not tried. */
export async function writeFaultTable(times: Passed): Promise<void> {
  const real = doctorFaults.map((fault) => {
    const codes = [fault.code, ...(fault.brings ?? []).map((code) => `↳ ${code}`)].map(link).join('<br>');
    const seconds = times.get(keyOf(fault));
    const time = seconds === undefined ? '-' : `${seconds.toFixed(1)} s`;
    return `| ${fault.about} | ${codes} | ${fixedBy(fault, times)} | ${time} |\n`;
  });
  await writeFile(
    faultTable,
    `# Faults that doctor was tried on

Written by \`npm run faults\`, from a run of \`test/lab-suite/doctor-faults.test.ts\`: each fault is made in a running
two-node swarm, \`doctor\` looks at both nodes and must name it first. Then its \`fix:\` is typed as it is printed, in a shell on
the host that it names; a ping must pass, \`doctor\` must find nothing at all, and of pings between other endpoints none may be lost
meanwhile. The time
is that of the look: one reading of both nodes, or two with traffic between them. Findings behind ↳ are folded under the one above.

| what was done | found | fixed | time |
| --- | --- | --- | --- |
${real.join('')}
${share(times)}

Nothing is said, over two readings, of what looks wrong and is not:

${decoys.map(({about}) => `- ${about}\n`).join('')}
${otherFaults()}`,
  );
}

/** What `npm run faults` does not make: faults that need another kernel, and those that need what no lab has. */
export function otherFaults(): string {
  const full = fullFaults.map((fault) => {
    const codes = [fault.code, ...(fault.brings ?? []).map((code) => `↳ ${code}`)].map(link).join('<br>');
    return `| ${fault.about} | ${codes} | ${fault.unfixed ? left(fault.unfixed) : ''} |\n`;
  });
  const derived = derivedFaults.map(({codes, why}) => `| ${codes.map(link).join('<br>')} | ${why} |\n`);
  return `Made on a kernel with IPVS and ESP, by \`npm run test:full -- test/lab-full\`, which types their fixes as well; recorded in
[fixtures/recorded/full](../../fixtures/recorded/full/README.md):

| what is done | found | fix |
| --- | --- | --- |
${full.join('')}
Not made in a lab, but tested on evidence that was derived from real evidence as the sources say it would look; it is in
[fixtures/derived](../../fixtures/derived/README.md), a folder a code:

| code | why |
| --- | --- |
${derived.join('')}`;
}

/** Of those that could be fixed on a host of the lab, how many their fix fixes; and what is left out of them. */
function share(times: Passed): string {
  const left = doctorFaults.filter(({unfixed}) => unfixed && 'madeBy' in unfixed);
  const rest = doctorFaults.filter((fault) => !left.includes(fault));
  const untried = rest.filter((fault) => !fault.unfixed && !times.has(keyOf(fault)));
  const fixed = rest.filter((fault) => !fault.unfixed && times.has(keyOf(fault)));
  const codes = [...new Set(left.map(({code}) => code))].join(', ');
  return `Of ${doctorFaults.length} faults ${left.length} are left out, as they were not made on a host: ${codes}. Of the other ${rest.length} the printed fix fixes ${fixed.length}${untried.length > 0 ? `; ${untried.length} were not tried` : ''}.`;
}

function fixedBy(fault: DoctorFault, times: Passed): string {
  const {unfixed} = fault;
  if (!unfixed) return times.has(keyOf(fault)) ? 'by its fix' : 'not tried';
  return left(unfixed);
}

function left(unfixed: Unfixed): string {
  return 'madeBy' in unfixed ? `left out: made by ${unfixed.madeBy}` : `no: ${unfixed.because}`;
}

function link(text: string): string {
  const code = text.replace('↳ ', '');
  return catalogue.some((one) => one.code === code) ? text.replace(code, `[${code}](${code}.md)`) : text;
}
