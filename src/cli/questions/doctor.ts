import type {DoctorQuestion} from '../../answers/doctor.js';
import {usageError} from '../../base/errors.js';
import {type Acceptance, acceptancesOn} from '../../findings/acceptance.js';
import {parseDuration} from '../duration.js';

/** What --for takes, in seconds: two readings so far apart are also two looks at one state. */
const sampleLimits = {least: 3, most: 50};

export interface DoctorFlags {
  for?: string | undefined;
  only?: string[] | undefined;
  skip?: string[] | undefined;
  snapshot?: string[] | undefined;
  contract?: boolean | undefined;
  record?: string | undefined;
  'max-skew': string;
}

/** What is asked with these flags. Throws where one of them can't be meant. */
export async function doctorQuestion(
  network: string | undefined,
  flags: DoctorFlags,
  accept: readonly Acceptance[] = [],
): Promise<DoctorQuestion> {
  const {only, skip, contract} = flags;
  const maxSkew = parseDuration('max-skew', flags['max-skew']) / 1000;
  await checkCodes([...(only ?? []), ...(skip ?? []), ...accept.map(({code}) => code)]);
  const accepted = acceptancesOn(new Date().toISOString().slice(0, 10), accept);
  return {
    network,
    only,
    skip,
    accepted,
    listenSeconds: sampleSeconds(flags),
    maxSkew,
    contract,
    // What is recorded must be whole, for whatever is asked of it later, as must each row of the contract.
    spare: flags.record === undefined && contract !== true,
  };
}

function sampleSeconds(flags: DoctorFlags): number | undefined {
  if (flags.for === undefined) return undefined;
  const seconds = parseDuration('for', flags.for) / 1000;
  if (flags.snapshot !== undefined) {
    throw usageError('for-and-snapshot', '--for waits on a live host; a snapshot is of one moment.', [
      'Two snapshots of the same host are two readings: ovdiag doctor -s EARLIER -s LATER',
    ]);
  }
  const {least, most} = sampleLimits;
  if (seconds < least || seconds > most)
    throw usageError('invalid-flag', `--for takes from ${least}s to ${most}s here.`, [
      'Over a longer time: two snapshots of the host, made so far apart, and ovdiag doctor -s EARLIER -s LATER',
    ]);
  return seconds;
}

async function checkCodes(codes: string[]): Promise<void> {
  if (codes.length === 0) return;
  const [{catalogue}, {nearNames}] = await Promise.all([
    import('../../findings/catalogue.js'),
    import('../../base/near.js'),
  ]);
  const known: string[] = catalogue.map(({code}) => code);
  const odd = codes.find((code) => !known.includes(code));
  if (odd === undefined) return;
  const near = nearNames(odd, known);
  throw usageError('unknown-code', `No finding has the code ${odd}.`, [
    ...near.map((code) => `Did you mean: ${code}`),
    'All codes: ovdiag explain',
  ]);
}
