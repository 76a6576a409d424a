import {copyFile, mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from './exec.js';
import type {LabNames} from './names.js';

/** The only image of the lab. No registry has it: it is imported into each engine. */
export const image = 'ovlab:1';

/** Where the one program of the image is found on the machine. */
export async function findBusybox(): Promise<string> {
  return (await run(['sh', '-c', 'command -v busybox'])).stdout;
}

/** Writes a root file system of one static program and its names, as a tar file that `docker import` takes. */
export async function buildImage(names: LabNames): Promise<string> {
  const root = path.join(names.directory, 'image');
  const bin = path.join(root, 'bin');
  for (const folder of ['bin', 'etc', 'tmp', 'www']) await mkdir(path.join(root, folder), {recursive: true});
  const busybox = await findBusybox();
  await copyFile(busybox, path.join(bin, 'busybox'));
  const applets = (await run([busybox, '--list'])).stdout.split('\n').filter((name) => name !== 'busybox');
  await Promise.all(applets.map((name) => symlink('busybox', path.join(bin, name))));
  await writeFile(path.join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  await writeFile(path.join(root, 'etc', 'group'), 'root:x:0:\n');
  await writeFile(path.join(root, 'www', 'index.html'), 'hello from the lab\n');
  const tar = path.join(names.directory, 'image.tar');
  await run(['tar', '-C', root, '-cf', tar, '.']);
  await rm(root, {recursive: true});
  return tar;
}
