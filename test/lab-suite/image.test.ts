import assert from 'node:assert/strict';
import {copyFile, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {imageFile} from '../../scripts/release/image.js';
import {labSuite, useLab} from '../lab/use.js';
import {artefactSuite, artefacts, readmeLines} from '../release/readme.js';
import {document, reading} from './live.js';

interface Answer {
  hosts: {name: string}[];
  problems: {code: string}[];
  findings: {code: string}[];
  notChecked: {checkName: string; network: string | null; reason: string}[];
}

/** What an answer says, without what differs from one moment to the next. */
function gist({hosts, problems, findings, notChecked}: Answer): object {
  return {
    hosts: hosts.map(({name}) => name),
    problems: problems.map(({code}) => code),
    findings: findings.map(({code}) => code).sort(),
    notChecked: notChecked.map(({checkName, network, reason}) => `${checkName} ${network} ${reason}`).sort(),
  };
}

const suite = labSuite().skip === false ? artefactSuite(imageFile) : labSuite();

describe('the image, on an engine', suite, () => {
  const lab = useLab();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-image-'));
    await copyFile(path.join(artefacts, imageFile), path.join(folder, imageFile));
    await onNode(`cd ${folder} && ${readmeLines('install: image')}`);
  });
  after(async () => {
    await lab()
      .node('node1')
      .docker(['image', 'rm', '--force', 'ovdiag:latest', await imageName()]);
    await rm(folder, {recursive: true, force: true});
  });

  const onNode = (script: string) =>
    lab().node('node1').run(['sh', '-c', script], {reject: false, timeout: 120_000});
  const imageName = async () => {
    const {stdout} = await lab()
      .node('node1')
      .docker(['images', '--format', '{{.Repository}}:{{.Tag}}', 'ovdiag']);
    return stdout.split('\n').find((name) => !name.endsWith(':latest')) ?? '';
  };

  /** The README's call. The lab's engines share one machine's processes: theirs is named by its pidfile. */
  const line = readmeLines('run: image')
    .replaceAll('\\\n', '')
    .replace(' ovdiag doctor', ' -v /run/docker.pid:/run/docker.pid:ro ovdiag doctor --json');
  const answer = async (call: string) => {
    const {stdout, stderr} = await onNode(call);
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Answer;
  };

  it('answers as ovdiag does on the host, with the call of the README', async () => {
    const own = await document<Answer>(['doctor', ...reading(lab().node('node1'))]);
    const seen = await answer(line);
    assert.deepEqual(gist(seen), gist(own));
    assert.deepEqual(seen.problems, []);
  });

  it('needs each right that the call gives', async () => {
    const rights = line.match(/--(pid|net) host|--cap-add \S+|-v \S+docker\.sock\S*/g) ?? [];
    assert.equal(rights.length, 6, line);
    const whole = gist(await answer(line));
    for (const right of rights)
      assert.notDeepEqual(gist(await answer(line.replace(right, ''))), whole, right);
  });
});
