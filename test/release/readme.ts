import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {root} from '../../scripts/release/project.js';

/** Where scripts/release.ts has left what it made. */
export const artefacts = path.join(root, 'build');

/** The line or lines of the README behind a marker such as `install: deb`. Throws where there are none. */
export function readmeLines(marker: string): string {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const lines = new RegExp(`<!-- ${marker} -->\n+\`\`\`sh\n(.+?)\n\`\`\``, 's').exec(readme)?.[1];
  if (lines === undefined) throw new Error(`README.md has no lines for ${marker}`);
  return lines;
}

/** For `describe`: skipped, with the reason, where the artefacts were not made, unless they must be there. */
export function artefactSuite(file: string): {skip: string | false} {
  const required = process.env['OVDIAG_RELEASE_REQUIRED'] === '1';
  if (required || existsSync(path.join(artefacts, file))) return {skip: false};
  return {skip: `build/${file} is not there: node --import tsx scripts/release.ts --quick`};
}
