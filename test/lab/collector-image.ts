import {mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {run} from './exec.js';
import type {Lab} from './lab.js';

const gather = fileURLToPath(new URL('../../docker/collector/gather.sh', import.meta.url));

/** The content of the image that docker/collector/Dockerfile builds, gathered from this machine into each engine. */
export async function importCollectorImage(lab: Lab, image: string): Promise<void> {
  const directory = await mkdtemp(path.join(lab.names.directory, 'collector-'));
  try {
    const [root, tar] = [path.join(directory, 'root'), path.join(directory, 'image.tar')];
    await run(['sh', gather, root]);
    await run(['tar', '-C', root, '-cf', tar, '.']);
    await Promise.all(lab.nodes.map((node) => node.docker(['import', tar, image])));
  } finally {
    await rm(directory, {recursive: true});
  }
}
