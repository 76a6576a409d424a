import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {ovdiag} from '../cli/support.js';
import {labSuite, useLab} from '../lab/use.js';
import {document, engineContainers, reading} from './live.js';

describe('a redacted snapshot of the live swarm', labSuite(), () => {
  const lab = useLab();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-redact-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('leaves nothing to refuse, nothing to recognise, and no answer another', async () => {
    const hosts = reading(...lab().nodes);
    const [plain, shared] = [path.join(folder, 'plain.json.gz'), path.join(folder, 'shared.json.gz')];
    assert.equal((await ovdiag(['snapshot', ...hosts, '-o', plain])).status, 0);
    const {status, stderr} = await ovdiag(['snapshot', '--snapshot', plain, '--redact', '-o', shared]);
    assert.deepEqual([status, stderr], [0, '']);
    const live = await ovdiag(['snapshot', ...hosts, '--redact', '-o', path.join(folder, 'live.json.gz')]);
    assert.deepEqual([live.status, live.stderr], [0, '']);

    const text = gunzipSync(await readFile(shared)).toString();
    for (const node of lab().nodes) {
      const secrets = (await engineContainers(node)).flatMap(({Id, Name, NetworkSettings}) => [
        Id.slice(0, 12),
        Name.slice(1),
        ...Object.values(NetworkSettings.Networks).flatMap(({IPAddress, MacAddress}) => [
          IPAddress,
          MacAddress,
        ]),
      ]);
      for (const secret of [node.name, node.address, ...secrets].filter((one) => one.length > 3)) {
        const at = text.search(new RegExp(`\\b${secret.replaceAll('.', '\\.')}\\b`));
        assert.equal(at === -1 ? '' : text.slice(Math.max(0, at - 300), at + 100), '', secret);
      }
    }
    interface Diagnosis {
      findings: {code: string; severity: string}[];
    }
    const codes = async (file: string) =>
      (await document<Diagnosis>(['doctor', '--snapshot', file])).findings
        .map(({code, severity}) => `${code} ${severity}`)
        .sort();
    assert.deepEqual(await codes(shared), await codes(plain));
    interface Networks {
      networks: {driver: string; vnis: number[]; mtu: number; flags: string[]; endpointCount: number}[];
    }
    const networks = async (file: string) =>
      (await document<Networks>(['networks', '--snapshot', file])).networks
        .map(({driver, vnis, mtu, flags, endpointCount}) =>
          JSON.stringify([driver, vnis, mtu, flags, endpointCount]),
        )
        .sort();
    assert.deepEqual(await networks(shared), await networks(plain));
  });
});
