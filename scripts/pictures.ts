/** Writes docs/pictures, the pictures of docs/graph.md and the README, from fixtures and a simulated swarm. */
import {mkdir, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {documentPictures} from '../test/support/document-pictures.js';

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
await mkdir(folder, {recursive: true});
for (const {name, svg} of documentPictures) await writeFile(`${folder}${name}.svg`, await svg());
