import type {Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import {type NetworkRow, networkRows} from './network-rows.js';
import type {Reader} from './reader.js';

const wanted: Wanted = {
  netns: ['overlay'],
  netnsTables: ['addr'],
  hostTables: ['addr'],
  docker: {containers: false, networks: 'inspect', cluster: false},
};

export interface NetworksDocument extends HostDocument {
  networks: NetworkRow[];
}

export interface NetworksAnswer {
  document: NetworksDocument;
  /** Whether the one host that was read is known not to have instantiated an overlay that it knows. */
  isAbsent: boolean;
}

/** @param drivers only networks of these drivers; absent for all */
export async function networksAnswer(
  reader: Pick<Reader, 'read'>,
  drivers?: readonly string[],
): Promise<NetworksAnswer> {
  const readings = await reader.read(wanted);
  const {hosts} = readings;
  const networks = networkRows(hosts).filter(({driver}) => drivers?.includes(driver) ?? true);
  const [only] = hosts;
  return {
    document: {...hostDocument(readings, hosts.filter(isDockerUnread).map(dockerNeeded)), networks},
    isAbsent: hosts.length === 1 && only?.privileged === true && networks.some(isUninstantiated),
  };
}

function isUninstantiated({driver, instantiatedOn}: NetworkRow): boolean {
  return driver === 'overlay' && instantiatedOn.length === 0;
}

/** Docker was not read, and no other problem of the host says so yet. */
function isDockerUnread({docker, problems}: HostModel): boolean {
  return !docker?.read.networks && !problems.some(({code}) => /^(ssh|host|program)-/.test(code));
}

function dockerNeeded({name}: HostModel): Problem {
  return {
    host: name,
    code: 'docker-needed',
    subject: 'networks',
    message: 'networks are read from Docker, which was not read',
  };
}
