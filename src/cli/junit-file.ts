import type {DoctorDocument} from '../answers/doctor.js';
import type {JunitSource} from '../render/junit.js';

/** Writes a diagnosis to a file as JUnit's XML; its time is that of the last reading. */
export async function writeJunit(
  path: string,
  {hosts, findings, notChecked}: DoctorDocument,
  {checks, failOn}: Pick<JunitSource, 'checks' | 'failOn'>,
): Promise<void> {
  const [{renderJunit}, {writePrivateFile}] = await Promise.all([
    import('../render/junit.js'),
    import('../snapshot/snapshot-file.js'),
  ]);
  const times = hosts.map(({finishedAt}) => finishedAt).sort();
  const text = renderJunit({timestamp: times.at(-1) ?? '', checks, findings, notChecked, failOn});
  await writePrivateFile(path, Buffer.from(text));
}
